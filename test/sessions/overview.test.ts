import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MOST_COUNTED } from '../../src/ports/dashboard/overview.ts'
import { createOverview } from '../../src/sessions/overview.ts'
import { closedAs, World } from './world.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())
const overview = () => createOverview(world.store, { whyUnreadable: () => null })
const one = async (id: string) => (await overview().of([id]))[0]!

describe('The overview', () => {
  it('gives the sessions asked for that there are, and pages of all of them', async () => {
    for (const id of ['a', 'b', 'c']) await world.linked(id)
    const found = await overview().of(['c', 'nobody', 'a'])
    expect(found.map(({ sessionId }) => sessionId)).toEqual(['c', 'a'])
    const first = await overview().page('', 2)
    expect([first.count, first.sessions.map(({ sessionId }) => sessionId), first.next]).toEqual([
      3,
      ['a', 'b'],
      'b',
    ])
    expect(await overview().page('b', 2)).toMatchObject({ next: null, sessions: [{ sessionId: 'c' }] })
  })

  it('says since when a session is open, not since its last fact', async () => {
    await world.linked('shop')
    const opened = world.clock.now()
    expect((await one('shop')).since).toBe(opened)
    // It has held for five minutes, which is a fact of its own.
    await world.clock.advance(6 * 60_000)
    expect(await one('shop')).toMatchObject({ detail: 'settled', since: opened })
  })

  it('says since when a session is away, over all its tries', async () => {
    const socket = await world.linked('shop')
    await world.clock.advance(1_000)
    const at = world.clock.now()
    socket.report(closedAs('suspend', 'replaced'))
    await world.settle()
    expect(await one('shop')).toMatchObject({ state: 'reconnecting', since: at })
  })

  it.each([
    'banned',
    'unlinked',
    'suspend',
  ] as const)('says since when a session is where it is that is %s, over a restart of the service', async reaction => {
    const socket = await world.linked('shop')
    await world.clock.advance(1_000)
    const at = world.clock.now()
    socket.report(closedAs(reaction, 'banned'))
    await world.settle()
    await world.clock.advance(60_000)
    world.kill()
    await world.boot()
    expect(world.rows('shop').at(-1)).toMatchObject({ type: 'session.resumed' })
    expect((await one('shop')).since).toBe(at)
  })

  it('counts what waits, up to a thousand, and of no other session', async () => {
    await world.linked('shop')
    await world.linked('other')
    const before = (await one('shop')).waiting
    expect(before.sends).toBe(0)
    const { streamId } = world.stored.sessions.find('shop')!
    expect(world.stored.deliveries.pendingOf([streamId], MOST_COUNTED)).toEqual([before.deliveries])
    expect((await one('other')).waiting.sends).toBe(0)
  })

  it('says whether a pairing code is wanted', async () => {
    await world.linked('shop')
    expect((await one('shop')).byCode).toBe(false)
  })
})
