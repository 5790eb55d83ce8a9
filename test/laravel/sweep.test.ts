import { pino } from 'pino'
import { expect, it } from 'vitest'
import { createSweep } from '../../src/laravel/sweep.ts'
import { createTestClock } from '../base/clock.ts'
import { answered, createHarness, HOUR, MINUTE, ok, SECOND } from './harness.ts'
import { createMemoryDeliveries } from './memory-deliveries.ts'

function given(lanes: number) {
  const clock = createTestClock()
  const table = createMemoryDeliveries()
  const names = Array.from({ length: lanes }, (_, n) => `lane${n}`)
  for (const lane of names) table.add(lane, clock.now())
  const pages: number[] = []
  const seen: string[] = []
  const sweep = createSweep({
    store: {
      lanes(after, limit) {
        const page = table.store.lanes(after, limit)
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
  expect(pages).toEqual([200])
  await clock.advance(29_999)
  expect(pages).toEqual([200, 200, 200, 200, 200, 1])
  expect(seen.toSorted()).toEqual(names.toSorted())
  await clock.advance(30_000)
  expect(seen).toHaveLength(2_002)
  expect(clock.pending()).toBe(1)
  sweep.stop()
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
  sweep.stop()
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
  expect(harness.table.store.counts()).toEqual({ pending: 0, dead: 0 })
  harness.respond(() => answered(503))
  for (let n = 0; n < 1_500; n++) harness.table.add(`old${n}`, harness.clock.now() - 72 * HOUR + 12 * MINUTE)
  await harness.clock.advance(11 * MINUTE)
  expect(harness.table.store.counts()).toEqual({ pending: 1_500, dead: 0 })
  await harness.clock.advance(2 * MINUTE)
  expect(harness.table.store.counts()).toEqual({ pending: 0, dead: 1_500 })
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
  expect(seen).toEqual(['b', 'c'])
  await clock.advance(61_000)
  expect([rounds, seen.length]).toEqual([3, 6])
  expect(logs.filter(line => line.includes('"lane":"a"'))).toHaveLength(3)
  expect(logs.filter(line => line.includes('no probe'))).toHaveLength(1)
  sweep.stop()
})
