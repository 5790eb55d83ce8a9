import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createConnectLimiter, type Place } from '../../../src/sessions/effects/connect-limiter.ts'
import { createTestClock } from '../../base/clock.ts'
import { assertProperty } from '../../property.ts'
import { World } from '../world.ts'

/** `late`: how long each waits for the event loop between its turn and its socket, in ms. */
const setup = (concurrency: number, perSecond: number, late: (n: number) => number = () => 0) => {
  const clock = createTestClock()
  const connects = createConnectLimiter({ concurrency, perSecond }, clock)
  const begun: { name: string; at: number; giveBack: () => void }[] = []
  const queued: string[] = []
  const begin = clock.now()
  let turns = 0
  const take = (name: string) => {
    const abort = new AbortController()
    const done = connects
      .take(abort.signal, () => queued.push(name))
      .then(async place => {
        if (place === null) return null
        const ms = late(turns++)
        if (ms > 0) await new Promise<void>(resolve => void clock.setTimeout(resolve, ms))
        begun.push({ name, at: clock.now() - begin, giveBack: place.giveBack })
        place.begun()
        return place
      })
    return { abort: () => abort.abort(), done }
  }
  return { clock, connects, begun, queued, take, names: () => begun.map(({ name }) => name) }
}

describe('The connect limiter', () => {
  it('gives at most `concurrency` places at once, in order of arrival', async () => {
    const { clock, begun, queued, take, names } = setup(2, 1_000_000)
    for (const name of ['a', 'b', 'c', 'd']) take(name)
    await clock.advance(10_000)
    expect([names(), queued]).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
    begun[1]!.giveBack()
    await clock.advance(0)
    expect(names()).toEqual(['a', 'b', 'c'])
    begun[1]!.giveBack()
    begun[1]!.giveBack()
    await clock.advance(10_000)
    expect(names()).toEqual(['a', 'b', 'c'])
  })

  it('gives places evenly, `perSecond` in a second', async () => {
    const { clock, begun, queued, take } = setup(100, 4)
    for (let i = 0; i < 6; i++) take(String(i))
    await clock.advance(10_000)
    expect(begun.map(({ at }) => at)).toEqual([0, 250, 500, 750, 1000, 1250])
    expect(queued).toEqual(['1', '2', '3', '4', '5'])
    expect(clock.pending()).toBe(0)
  })

  it('loses no time by rounding to whole milliseconds', async () => {
    const { clock, begun, take } = setup(10_000, 3000)
    for (let i = 0; i <= 3000; i++) take(String(i))
    await clock.advance(10_000)
    expect(begun.at(-1)!.at).toBe(1000)
  })

  it('keeps its pace on a busy event loop, catching up a little at a time', async () => {
    const clock = createTestClock()
    const late = { ...clock, setTimeout: (fn: () => void, ms: number) => clock.setTimeout(fn, ms + 30) }
    const connects = createConnectLimiter({ concurrency: 1000, perSecond: 20 }, late)
    const begin = clock.now()
    const begun: number[] = []
    for (let i = 0; i < 200; i++)
      void connects
        .take(new AbortController().signal, () => {})
        .then(place => {
          begun.push(clock.now() - begin)
          place!.begun()
        })
    await clock.advance(20_000)
    expect(begun).toHaveLength(200)
    expect(begun.at(-1)).toBeLessThan(10_500)
    for (const at of begun) {
      expect(begun.filter(one => one === at).length).toBeLessThanOrEqual(3)
      expect(begun.filter(one => one >= at && one < at + 1000).length).toBeLessThanOrEqual(20)
    }
  })

  it.each([
    ['a little', (n: number) => (n % 5 === 0 ? 300 : 0)],
    ['for seconds', (n: number) => (n % 7 === 0 ? 2500 : 0)],
  ])('lets no more begin within a second when some wait %s between their turn and their socket', async (_, late) => {
    const { clock, begun, take } = setup(1000, 4, late)
    for (let i = 0; i < 60; i++) take(String(i))
    await clock.advance(60_000)
    expect(begun).toHaveLength(60)
    for (const { at } of begun)
      expect(begun.filter(one => one.at >= at && one.at < at + 1000).length).toBeLessThanOrEqual(4)
  })

  it('counts none that never began', async () => {
    const { clock, connects } = setup(100, 1)
    const places: (Place | null)[] = []
    const take = () =>
      connects.take(new AbortController().signal, () => {}).then(place => void places.push(place))
    for (let i = 0; i < 3; i++) void take()
    await clock.advance(10_000)
    expect(places).toHaveLength(1)
    places[0]!.giveBack()
    await clock.advance(10_000)
    expect(places).toHaveLength(2)
  })

  it('saves up no places while nobody waits', async () => {
    const { clock, begun, take } = setup(100, 4)
    await clock.advance(60_000)
    take('a')
    take('b')
    await clock.advance(10_000)
    expect(begun.map(({ at }) => at)).toEqual([60_000, 60_250])
  })

  it('gives no place to a caller that gave up', async () => {
    const { clock, connects, begun, take, names } = setup(1, 1_000_000)
    take('a')
    const b = take('b')
    const c = take('c')
    const late = take('late')
    late.abort()
    expect(await late.done).toBe(null)
    b.abort()
    expect(await b.done).toBe(null)
    expect(connects.waiting()).toBe(1)
    await clock.advance(0)
    begun[0]!.giveBack()
    await c.done
    expect([names(), connects.waiting()]).toEqual([['a', 'c'], 0])
    c.abort()
    await clock.advance(0)
    expect(names()).toEqual(['a', 'c'])
  })

  it('rejects a caller that gave up before asking', async () => {
    const { connects, queued } = setup(1, 1)
    expect(await connects.take(AbortSignal.abort(), () => queued.push('x'))).toBe(null)
    expect(queued).toEqual([])
  })

  it('keeps both limits and the order, and serves every caller, in any sequence of calls', async () => {
    await assertProperty(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.constantFrom('take', 'give', 'abort', 'wait'), { maxLength: 60 }),
        async (concurrency, perSecond, acts) => {
          const { clock, begun, take, connects } = setup(concurrency, perSecond)
          const takers: { name: string; abort: () => void; gone: boolean }[] = []
          let given = 0
          for (const [i, act] of acts.entries()) {
            if (act === 'take') takers.push({ name: String(i), gone: false, abort: take(String(i)).abort })
            if (act === 'give' && given < begun.length) begun[given++]!.giveBack()
            if (act === 'wait') await clock.advance(400)
            if (act === 'abort') {
              const one = takers[i % Math.max(1, takers.length)]
              if (one) {
                one.gone = true
                one.abort()
              }
            }
            await clock.advance(0)
            expect(begun.length - given).toBeLessThanOrEqual(concurrency)
          }
          for (let i = 0; i < 200 && (connects.waiting() > 0 || given < begun.length); i++) {
            while (given < begun.length) begun[given++]!.giveBack()
            await clock.advance(1000)
          }
          await clock.advance(1000)
          const served = begun.map(({ name }) => Number(name))
          expect(served).toEqual([...served].sort((a, b) => a - b))
          for (const { name, gone } of takers) if (!gone) expect(served).toContain(Number(name))
          for (const { at } of begun)
            expect(begun.filter(one => one.at >= at && one.at < at + 1000).length).toBeLessThanOrEqual(
              perSecond,
            )
          expect([connects.waiting(), clock.pending()]).toEqual([0, 0])
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('Sessions that open at the same time', () => {
  it('connect in turn; a waiting one is queued and its watchdog does not run', async () => {
    const world = await World.start({ connect: { concurrency: 2, perSecond: 1_000_000 } })
    for (const id of ['a', 'b', 'c']) await world.commands.start({ sessionId: id, userId: 7 })
    await world.settle()
    expect(world.whatsapp.liveSockets()).toHaveLength(2)
    expect(world.state('c')).toBe('starting.queued')
    await world.wait(44_000)
    expect(world.state('c')).toBe('starting.queued')
    world.whatsapp.socketOf('a').qr('x', world.clock.now() + 60_000)
    await world.settle()
    expect([world.state('c'), world.whatsapp.liveSockets().length]).toEqual(['starting.connecting', 3])
    expect(world.factTypes('c')).toEqual(['session.created', 'connect.queued', 'connect.begun'])
    await world.end()
  })

  it('free their place when they fail, are deleted or never get an answer', async () => {
    const world = await World.start({ connect: { concurrency: 1, perSecond: 1_000_000 } })
    for (const id of ['a', 'b', 'c', 'd']) await world.commands.start({ sessionId: id, userId: 7 })
    await world.settle()
    expect(world.connects.waiting()).toBe(3)
    await world.commands.delete('b', world.clock.now() + 1000)
    await world.settle()
    expect(world.connects.waiting()).toBe(2)
    await world.commands.delete('a', world.clock.now() + 1000)
    await world.settle()
    expect(world.whatsapp.liveSockets().map(({ owner }) => owner.sessionId)).toEqual(['c'])
    await world.wait(45_000)
    expect(world.whatsapp.liveSockets('d')).toHaveLength(1)
    world.whatsapp.onOpen = () => {
      throw new Error('no socket today')
    }
    world.whatsapp.socketOf('d').report({ type: 'socket.opened', waId: '1', lid: null, pushName: null })
    await world.wait(60_000)
    expect(world.factTypes('c')).toContain('session.crashed')
    world.whatsapp.onOpen = () => {}
    for (let i = 0; i < 200 && world.whatsapp.liveSockets('c').length === 0; i++) await world.wait(5000)
    expect(world.whatsapp.liveSockets('c')).toHaveLength(1)
    await world.end()
  })
})
