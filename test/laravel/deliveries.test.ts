import { describe, expect, it } from 'vitest'
import type { Attempt } from '../../src/laravel/attempt.ts'
import { createDeliveries } from '../../src/laravel/deliveries.ts'
import type { Queue } from '../../src/ports/queue.ts'
import { answered, createHarness, gate, HOUR, MINUTE, ok, SECOND } from './harness.ts'

describe('lanes', () => {
  it('are delivered in order, one delivery at a time', async () => {
    const harness = createHarness()
    const gates: ReturnType<typeof gate<Attempt>>[] = []
    harness.respond(() => {
      const next = gate<Attempt>()
      gates.push(next)
      return next.opened
    })
    harness.deliveries.start()
    const ids = [harness.add('a'), harness.add('a'), harness.add('a')]
    for (let n = 0; n < 3; n++) {
      await harness.clock.advance(MINUTE)
      expect(harness.calls.map(call => call.webhookId)).toEqual(ids.slice(0, n + 1))
      gates[n]!.open(ok)
    }
    await harness.clock.advance(1)
    expect(harness.table.rows.size).toBe(0)
  })

  it('do not wait for each other, up to the number that may be in flight', async () => {
    const harness = createHarness({ concurrency: 8 })
    const hung = gate<Attempt>()
    harness.respond(call => (call.lane === 'slow' ? hung.opened : ok))
    harness.deliveries.start()
    harness.add('slow')
    for (let n = 0; n < 100; n++) harness.add(`lane${n}`)
    await harness.clock.advance(SECOND)
    expect(harness.table.stored.counts()).toEqual({ pending: 1, dead: 0 })
    hung.open(ok)
    harness.respond(() => new Promise(() => {}))
    for (let n = 0; n < 100; n++) harness.add(`lane${n}`)
    await harness.clock.advance(SECOND)
    expect(harness.mostInFlight()).toBe(8)
  })

  it('take turns, so that a long one does not starve the others', async () => {
    const harness = createHarness({ concurrency: 1 })
    for (let n = 0; n < 500; n++) harness.table.add('long', harness.clock.now())
    harness.table.add('short', harness.clock.now())
    harness.deliveries.start()
    await harness.clock.advance(SECOND)
    expect(harness.calls.findIndex(call => call.lane === 'short')).toBeLessThan(20)
    expect(harness.calls).toHaveLength(501)
  })

  it('whose wait is longer than any schedule, as after the clock was set back, are tried at once', async () => {
    const harness = createHarness()
    harness.add('a')
    const [row] = [...harness.table.rows.values()]
    harness.table.rows.set(row!.id, { ...row!, nextAt: harness.clock.now() + 9 * HOUR, attempts: 3 })
    harness.add('b')
    const [, other] = [...harness.table.rows.values()]
    harness.table.rows.set(other!.id, { ...other!, nextAt: harness.clock.now() + 8 * HOUR })
    harness.deliveries.start()
    await harness.clock.advance(MINUTE)
    expect(harness.calls.map(({ lane }) => lane)).toEqual(['a'])
    await harness.clock.advance(8 * HOUR)
    expect(harness.calls.map(({ lane }) => lane)).toEqual(['a', 'b'])
  })

  it('are not drained before the start, and then with all that was pending', async () => {
    const harness = createHarness()
    harness.add('a')
    harness.table.add('b', harness.clock.now())
    await harness.clock.advance(SECOND)
    expect(harness.calls).toEqual([])
    harness.deliveries.start()
    await harness.clock.advance(SECOND)
    expect(harness.table.rows.size).toBe(0)
  })

  it('whose wake was lost are found by the sweep', async () => {
    const harness = createHarness()
    harness.deliveries.start()
    await harness.clock.advance(SECOND)
    harness.table.add('lost', harness.clock.now())
    await harness.clock.advance(5 * MINUTE)
    expect(harness.times('lost')).toHaveLength(1)
  })

  it('have one delivery in flight even if the queue calls the drain twice', async () => {
    const harness = createHarness()
    let drain: ((lane: string) => Promise<number | null>) | null = null
    const queue: Queue = {
      start(given) {
        drain = given
      },
      wake() {},
      stop: async () => {},
      problem: () => null,
    }
    let delivered = 0
    const first = gate<Attempt>()
    const deliveries = createDeliveries({
      store: harness.table.store,
      queue,
      laravel: {
        address: 'http://app.test',
        askActive: async () => ({ said: 'active', fault: null }),
        publishQr: async () => {},
        publishPairingCode: async () => {},
        deliver: () => {
          delivered++
          return first.opened
        },
        faults: { note: () => null, all: () => [] },
        health: () => ({ ok: true, problem: null }),
        close: async () => {},
      },
      clock: harness.clock,
      logger: (await import('pino')).pino({ enabled: false }),
    })
    harness.table.add('a', harness.clock.now())
    deliveries.start()
    const one = drain!('a')
    const two = drain!('a')
    expect(await two).toBeGreaterThan(harness.clock.now())
    await harness.clock.advance(0)
    expect(delivered).toBe(1)
    first.open(ok)
    expect(await one).toBeNull()
    await deliveries.stop(0)
  })

  it('are not drained without LARAVEL_URL', async () => {
    const harness = createHarness({ address: null })
    harness.table.add('a', harness.clock.now())
    harness.deliveries.start()
    harness.add('b')
    await harness.clock.advance(100 * HOUR)
    expect(harness.calls).toEqual([])
    expect(harness.table.stored.counts()).toEqual({ pending: 2, dead: 0 })
    expect(harness.clock.pending()).toBe(0)
    expect(harness.deliveries.health()).toEqual({ ok: true, problem: null })
    await harness.deliveries.stop(1_000)
  })
})

describe("a session's status", () => {
  it('is recorded as accepted once Laravel took it', async () => {
    const harness = createHarness()
    harness.deliveries.start()
    await harness.clock.advance(7 * SECOND)
    harness.add('a', { kind: 'status', payload: { session_id: 'a', estado_qr: 'active' } })
    await harness.clock.advance(1)
    const at = harness.clock.now() - 1
    expect(harness.table.settled.map(entry => entry.outcome)).toEqual([
      { done: true, acceptedStatus: { streamId: 'stream-a', estadoQr: 'active', at } },
    ])
  })

  it('that was replaced while in flight is recorded as accepted, and the new one follows', async () => {
    const harness = createHarness()
    const first = gate<Attempt>()
    harness.respond(() => first.opened)
    harness.deliveries.start()
    harness.add('a', { kind: 'status', payload: { session_id: 'a', estado_qr: 'pending' } })
    await harness.clock.advance(1)
    harness.respond(() => ok)
    harness.add('a', { kind: 'status', payload: { session_id: 'a', estado_qr: 'active' } })
    await harness.clock.advance(1)
    expect(harness.calls).toHaveLength(1)
    first.open(ok)
    await harness.clock.advance(1)
    const told = harness.table.settled.map(
      ({ outcome }) => 'acceptedStatus' in outcome && outcome.acceptedStatus?.estadoQr,
    )
    expect(told).toEqual(['pending', 'active'])
  })
})

describe('a failure of the message', () => {
  it.each([
    400, 413, 422,
  ])('that is answered %i is tried five times, then a dead letter, and the lane goes on', async status => {
    const harness = createHarness()
    const bad = harness.add('a')
    const next = harness.add('a')
    harness.respond(call => (call.webhookId === bad ? answered(status) : ok))
    harness.deliveries.start()
    await harness.clock.advance(SECOND)
    harness.add('b')
    await harness.clock.advance(HOUR)
    const seconds = harness.calls.filter(call => call.webhookId === bad).map(call => call.at / SECOND)
    expect(seconds).toEqual([0, 5, 35, 155, 455])
    expect(harness.dead()).toMatchObject([{ webhookId: bad, lastError: `HTTP ${status}`, tries: 4 }])
    const told = harness.logs.map(line => JSON.parse(line)).filter(({ msg }) => /dead letter/.test(msg))
    expect(told).toMatchObject([{ level: 40, webhook_id: bad, error: `HTTP ${status}` }])
    expect(harness.calls.at(-1)!.webhookId).toBe(next)
    expect(harness.times('b')).toEqual([SECOND])
    expect(harness.deliveries.health()).toEqual({ ok: true, problem: null })
  })

  it('is tried again when Retry-After says', async () => {
    const harness = createHarness()
    harness.deliveries.start()
    harness.respond(() => (harness.calls.length === 1 ? answered(422, harness.clock.now() + 77_000) : ok))
    harness.add('a')
    await harness.clock.advance(MINUTE * 2)
    expect(harness.times('a')).toEqual([0, 77_000])
  })
})

describe('a failure of the lane', () => {
  it.each([
    404, 410,
  ])('that is answered %i holds this lane on the schedule, and becomes a dead letter after 72 h', async status => {
    const harness = createHarness()
    const bad = harness.add('a')
    const next = harness.add('a')
    harness.respond(call => (call.webhookId === bad ? answered(status) : ok))
    harness.deliveries.start()
    harness.add('b')
    await harness.clock.advance(73 * HOUR)
    const schedule = [0, 5, 35, 155, 455, 1_355, 3_155, 6_755, 13_955, 28_355]
    for (let seconds = 28_355 + 28_800; seconds < 72 * 3_600; seconds += 28_800) schedule.push(seconds)
    const last = 72 * 3_600
    expect(harness.times('a').map(at => at / SECOND)).toEqual([...schedule, last, last])
    expect(harness.dead()).toMatchObject([{ webhookId: bad, lastError: `HTTP ${status}`, tries: 0 }])
    expect(harness.calls.at(-1)!.webhookId).toBe(next)
    expect(harness.times('b')).toEqual([0])
    expect(harness.deliveries.health().ok).toBe(true)
  })
})
