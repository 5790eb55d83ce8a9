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
const one = (id: string) => overview().of([id])[0]!

describe('The overview', () => {
  it('gives the sessions asked for that there are, and pages of all of them', async () => {
    for (const id of ['a', 'b', 'c']) await world.linked(id)
    expect(
      overview()
        .of(['c', 'nobody', 'a'])
        .map(({ sessionId }) => sessionId),
    ).toEqual(['c', 'a'])
    const first = overview().page('', 2)
    expect([first.count, first.sessions.map(({ sessionId }) => sessionId), first.next]).toEqual([
      3,
      ['a', 'b'],
      'b',
    ])
    expect(overview().page('b', 2)).toMatchObject({ next: null, sessions: [{ sessionId: 'c' }] })
  })

  it('says since when a session is open, not since its last fact', async () => {
    await world.linked('shop')
    const opened = world.clock.now()
    expect(one('shop').since).toBe(opened)
    // It has held for five minutes, which is a fact of its own.
    await world.clock.advance(6 * 60_000)
    expect(one('shop')).toMatchObject({ detail: 'settled', since: opened })
  })

  it('says since when a session is away, over all its tries', async () => {
    const socket = await world.linked('shop')
    await world.clock.advance(1_000)
    const at = world.clock.now()
    socket.report(closedAs('suspend', 'replaced'))
    await world.settle()
    expect(one('shop')).toMatchObject({ state: 'reconnecting', since: at })
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
    expect(one('shop').since).toBe(at)
  })

  it('counts what waits, up to a thousand, and of no other session', async () => {
    await world.linked('shop')
    await world.linked('other')
    const before = one('shop').waiting
    expect(before.sends).toBe(0)
    const { streamId } = world.store.sessions.find('shop')!
    expect(world.store.deliveries.pendingOf(streamId, MOST_COUNTED)).toBe(before.deliveries)
    expect(one('other').waiting.sends).toBe(0)
  })

  it('says whether a pairing code is wanted', async () => {
    await world.linked('shop')
    expect(one('shop').byCode).toBe(false)
  })
})
