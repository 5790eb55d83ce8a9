import { pino } from 'pino'
import { expect, it } from 'vitest'
import { createSweep } from '../../../src/laravel/lanes/sweep.ts'
import type { PendingLane } from '../../../src/ports/delivery-table.ts'
import { createTestClock } from '../../base/clock.ts'
import { answered, createHarness, HOUR, MINUTE, ok, SECOND } from '../harness.ts'
import { createMemoryDeliveries } from '../memory-deliveries.ts'

function given(lanes: number) {
  const clock = createTestClock()
  const table = createMemoryDeliveries()
  const names = Array.from({ length: lanes }, (_, n) => `lane${n}`)
  for (const lane of names) table.add(lane, clock.now())
  const pages: number[] = []
  const seen: string[] = []
  const sweep = createSweep({
    store: {
      async lanes(after, limit) {
        const page = await table.store.lanes(after, limit)
        pages.push(page.length)
        return page
      },
    },
    clock,
    logger: pino({ enabled: false }),
    onRound: () => {},
    onLane: ({ lane }) => seen.push(lane),
  })
  return { clock, table, names, pages, seen, sweep }
}

it('the sweep shows every lane once in half a minute, 200 in one turn of the event loop', async () => {
  const { clock, names, pages, seen, sweep } = given(1_001)
  sweep.start()
  await clock.advance(19)
  expect(pages).toEqual([200])
  await clock.advance(29_980)
  expect(pages).toEqual([200, 200, 200, 200, 200, 1])
  expect(seen.toSorted()).toEqual(names.toSorted())
  await clock.advance(30_000)
  expect(seen).toHaveLength(2_002)
  expect(clock.pending()).toBe(1)
  await sweep.stop()
  expect(clock.pending()).toBe(0)
})

it('the sweep shows all lanes anew when it is told to, also those that it has just passed', async () => {
  const { clock, pages, seen, sweep } = given(400)
  sweep.start()
  sweep.now()
  await clock.advance(SECOND)
  expect(pages).toEqual([200, 200, 0, 200, 200, 0])
  sweep.now()
  sweep.now()
  await clock.advance(SECOND)
  expect(seen).toHaveLength(1_200)
})

it('the sweep that was stopped stays so, whatever is told to it then', async () => {
  const { clock, pages, sweep } = given(1)
  sweep.start()
  await clock.advance(SECOND)
  await sweep.stop()
  sweep.now()
  await clock.advance(MINUTE)
  expect([pages, clock.pending()]).toEqual([[1], 0])
})

it('the sweep goes on in its time when the lanes could not be read', async () => {
  const { clock, table, seen, sweep } = given(300)
  const { lanes } = table.store
  table.store.lanes = () => {
    throw new Error('the disk is gone')
  }
  sweep.start()
  await clock.advance(29_000)
  table.store.lanes = lanes
  await clock.advance(2_000)
  expect(seen).toHaveLength(300)
})

it('an outage with more lanes than are remembered loses none: all go when Laravel is back, old ones die meanwhile', async () => {
  const harness = createHarness()
  harness.respond(() => answered(503))
  for (let n = 0; n < 1_500; n++) harness.table.add(`lane${n}`, harness.clock.now())
  harness.deliveries.start()
  await harness.clock.advance(5 * MINUTE)
  for (let n = 0; n < 1_500; n++) harness.add(`later${n}`)
  await harness.clock.advance(5 * MINUTE)
  expect(harness.calls.length).toBeLessThan(32 + 8 + 30)
  harness.respond(() => ok)
  await harness.clock.advance(MINUTE)
  expect(harness.table.stored.counts()).toEqual({ pending: 0, dead: 0 })
  harness.respond(() => answered(503))
  for (let n = 0; n < 1_500; n++) harness.table.add(`old${n}`, harness.clock.now() - 72 * HOUR + 12 * MINUTE)
  await harness.clock.advance(11 * MINUTE)
  expect(harness.table.stored.counts()).toEqual({ pending: 1_500, dead: 0 })
  await harness.clock.advance(2 * MINUTE)
  expect(harness.table.stored.counts()).toEqual({ pending: 0, dead: 1_500 })
})

it('a lane whose sight throws hides no other, and a round that cannot begin is followed by the next', async () => {
  const clock = createTestClock()
  const table = createMemoryDeliveries()
  for (const lane of ['a', 'b', 'c']) table.add(lane, clock.now())
  const logs: string[] = []
  const seen: string[] = []
  let rounds = 0
  const sweep = createSweep({
    store: table.store,
    clock,
    logger: pino({}, { write: (line: string) => void logs.push(line) }),
    onRound() {
      if (rounds++ === 1) throw new Error('no probe')
    },
    onLane({ lane }) {
      if (lane === 'a') throw new Error('no such route')
      seen.push(lane)
    },
  })
  sweep.start()
  await clock.advance(1_000)
  expect(seen).toEqual(['b', 'c'])
  await clock.advance(60_000)
  expect([rounds, seen.length]).toEqual([3, 6])
  expect(logs.filter(line => line.includes('"lane":"a"'))).toHaveLength(3)
  expect(logs.filter(line => line.includes('no probe'))).toHaveLength(1)
  await sweep.stop()
})

/** A sweep whose table answers when the test lets it. */
function slow() {
  const clock = createTestClock()
  const waiting: ((lanes: PendingLane[]) => void)[] = []
  const logs: string[] = []
  const seen: string[] = []
  let rounds = 0
  const ends: (() => void)[] = []
  const sweep = createSweep({
    store: { lanes: () => new Promise(resolve => waiting.push(resolve)) },
    clock,
    logger: pino({}, { write: (line: string) => void logs.push(line) }),
    onRound: () => void rounds++,
    onLane: ({ lane }) => seen.push(lane),
    onShown: () => new Promise(resolve => ends.push(resolve)),
  })
  const lane: PendingLane = {
    id: 1,
    lane: 'a',
    kind: 'messages',
    sessionId: 'a',
    at: 0,
    nextAt: 0,
    attempts: 0,
  }
  return { clock, waiting, ends, logs, seen, sweep, lane, rounds: () => rounds }
}

it('a sweep that is stopped while it reads shows nothing more, leaves no timer, and is over once that has answered', async () => {
  const { clock, waiting, logs, seen, sweep, lane } = slow()
  sweep.start()
  let stopped = false
  const stopping = sweep.stop().then(() => {
    stopped = true
  })
  await clock.advance(MINUTE)
  expect(stopped).toBe(false)
  waiting.shift()!([lane])
  await stopping
  expect([seen, clock.pending(), logs]).toEqual([[], 0, []])
})

it('a sweep that is told to begin anew while it reads, or while its round ends, begins one round more and not two', async () => {
  const { clock, waiting, ends, seen, sweep, lane, rounds } = slow()
  sweep.start()
  sweep.now()
  await clock.advance(MINUTE)
  expect([rounds(), waiting.length]).toEqual([1, 1])
  waiting.shift()!([lane])
  await clock.advance(MINUTE)
  sweep.now()
  await clock.advance(MINUTE)
  expect([rounds(), seen]).toEqual([1, ['a']])
  ends.shift()!()
  await clock.advance(20)
  expect([rounds(), waiting.length, clock.pending()]).toEqual([2, 1, 0])
  waiting.shift()!([])
  await clock.advance(0)
  ends.shift()!()
  await clock.advance(0)
  // Nobody asked for it since: the next one is due in its time.
  expect([rounds(), clock.pending()]).toEqual([2, 1])
  await sweep.stop()
})
