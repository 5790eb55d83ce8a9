import { describe, expect, it } from 'vitest'
import type { Attempt } from '../../src/laravel/attempt.ts'
import { createHarness, gate, HOUR, MINUTE, ok, SECOND } from './harness.ts'

describe('a store that fails', () => {
  it('while an outcome is written causes no second delivery, no busy loop and no change of order', async () => {
    const harness = createHarness()
    const first = gate<Attempt>()
    harness.respond(() => (harness.calls.length === 1 ? first.opened : ok))
    const ids = [harness.add('a'), harness.add('a'), harness.add('a')]
    harness.deliveries.start()
    await harness.clock.advance(1)
    harness.table.breakDisk(true)
    first.open(ok)
    await harness.clock.advance(20 * MINUTE)
    expect(harness.calls).toHaveLength(1)
    const tries = harness.logs.filter(line => line.includes('could not be stored')).length
    expect(tries).toBeGreaterThan(10)
    expect(tries).toBeLessThan(130)
    harness.table.breakDisk(false)
    // All deliveries wait for the next try.
    await harness.clock.advance(10 * SECOND)
    expect(harness.calls.map(call => call.webhookId)).toEqual(ids)
    expect(harness.table.rows.size).toBe(0)
  })

  it('leaves at most as many deliveries in doubt as lanes are drained at once', async () => {
    const harness = createHarness({ concurrency: 4 })
    let settling = 0
    const settle = harness.table.store.settle
    harness.table.store.settle = async (id, outcome) => {
      settling++
      if (harness.elapsed() < HOUR) throw new Error('the disk is full')
      await settle(id, outcome)
    }
    for (let n = 0; n < 100; n++) harness.add(`lane${n}`)
    harness.deliveries.start()
    await harness.clock.advance(30 * MINUTE)
    expect(harness.calls).toHaveLength(4)
    expect(settling).toBeLessThan(4 * 200)
    await harness.clock.advance(HOUR)
    expect(harness.calls).toHaveLength(100)
    expect(harness.table.rows.size).toBe(0)
  })

  it('while a lane is read is logged, and the lane is tried again', async () => {
    const harness = createHarness()
    harness.table.breakDisk(true)
    harness.deliveries.start()
    harness.add('a')
    await harness.clock.advance(10 * MINUTE)
    expect(harness.calls).toEqual([])
    expect(harness.logs.length).toBeLessThan(25)
    harness.table.breakDisk(false)
    await harness.clock.advance(MINUTE)
    expect(harness.calls).toHaveLength(1)
  })

  it('during stop keeps the row, so that Laravel gets the same id again, and stop does not hang', async () => {
    const harness = createHarness()
    const first = gate<Attempt>()
    harness.respond(() => (harness.calls.length === 1 ? first.opened : ok))
    const id = harness.add('a')
    harness.deliveries.start()
    await harness.clock.advance(1)
    harness.table.breakDisk(true)
    first.open(ok)
    await harness.clock.advance(MINUTE)
    const stop = harness.deliveries.stop(SECOND)
    await harness.clock.advance(SECOND)
    await stop
    await harness.clock.advance(1)
    expect(harness.clock.pending()).toBe(0)
    harness.table.breakDisk(false)
    harness.restart()
    await harness.clock.advance(1)
    expect(harness.calls.map(call => call.webhookId)).toEqual([id, id])
  })
})

it('a payload that cannot be sent holds neither Laravel as a whole nor the other lanes', async () => {
  const harness = createHarness()
  harness.respond(call => {
    if (call.lane === 'bad') throw new Error('not JSON')
    return ok
  })
  harness.add('bad')
  harness.add('good')
  harness.deliveries.start()
  await harness.clock.advance(MINUTE)
  expect(harness.times('good')).toEqual([0])
  expect(harness.times('bad').length).toBeGreaterThan(1)
  expect(harness.times('bad').length).toBeLessThan(10)
  expect(harness.table.stored.counts()).toEqual({ pending: 1, dead: 0 })
})
