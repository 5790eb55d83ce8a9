import { describe, expect, it } from 'vitest'
import type { Attempt } from '../../src/laravel/attempt.ts'
import { answered, createHarness, gate, HOUR, MINUTE, ok, SECOND } from './harness.ts'

/** An attempt that lasts until it is aborted. */
function hang(signal: AbortSignal | undefined): Promise<Attempt> {
  return new Promise(resolve => signal?.addEventListener('abort', () => resolve({ result: 'aborted' })))
}

describe('stop', () => {
  it('waits for attempts in flight and starts no others', async () => {
    const harness = createHarness()
    const last = gate<Attempt>()
    harness.respond(() => last.opened)
    harness.add('a')
    harness.add('a')
    harness.deliveries.start()
    await harness.clock.advance(1)
    let stopped = false
    const stop = harness.deliveries.stop(10 * SECOND).then(() => {
      stopped = true
    })
    harness.add('b')
    await harness.clock.advance(9 * SECOND)
    expect(stopped).toBe(false)
    last.open(ok)
    await stop
    await harness.clock.advance(10 * MINUTE)
    expect(harness.calls).toHaveLength(1)
    expect(harness.table.stored.counts()).toEqual({ pending: 2, dead: 0 })
    expect(harness.clock.pending()).toBe(0)
  })

  it('aborts an attempt that takes too long; it stays pending and goes out again under its id', async () => {
    const harness = createHarness()
    harness.respond((_call, signal) => hang(signal))
    const ids = [harness.add('a'), harness.add('b')]
    harness.deliveries.start()
    await harness.clock.advance(1)
    const stop = harness.deliveries.stop(2 * SECOND)
    await harness.clock.advance(2 * SECOND)
    await stop
    await harness.clock.advance(HOUR)
    expect(harness.calls).toHaveLength(2)
    expect(harness.table.settled).toEqual([])
    expect(harness.clock.pending()).toBe(0)
    harness.respond(() => ok)
    harness.restart()
    await harness.clock.advance(1)
    expect(harness.calls.slice(2).map(call => call.webhookId)).toEqual(ids)
    expect(harness.table.rows.size).toBe(0)
  })

  it('during an outage leaves the probe to the next start', async () => {
    const harness = createHarness()
    harness.respond(() => answered(500))
    for (let n = 0; n < 40; n++) harness.add(`lane${n}`)
    harness.deliveries.start()
    await harness.clock.advance(5 * HOUR)
    await harness.deliveries.stop(SECOND)
    harness.respond(() => ok)
    harness.restart()
    await harness.clock.advance(1)
    expect(harness.table.rows.size).toBe(0)
  })

  it('before any start, or twice, does no harm', async () => {
    const harness = createHarness()
    await harness.deliveries.stop(SECOND)
    await harness.deliveries.stop(SECOND)
    expect(harness.clock.pending()).toBe(0)
  })
})
