import { describe, expect, it } from 'vitest'
import type { Attempt } from '../../src/laravel/attempt.ts'
import { answered, createHarness, gate, HOUR, MINUTE, ok, SECOND, unanswered } from './harness.ts'

const outages: [string, Attempt][] = [
  ...[500, 502, 503, 504, 401, 403, 404, 302, 301, 429, 419].map(
    status => [`HTTP ${status}`, answered(status)] as [string, Attempt],
  ),
  ['a timeout', unanswered('timeout after 15 s')],
  ['a refused connection', unanswered('ECONNREFUSED')],
]

/** Seconds at which an endpoint that is down since 0 is probed, up to `until`. */
function probesUntil(until: number): number[] {
  const probes = [1, 3, 8, 18, 33]
  for (let at = 63; at <= until; at += 30) probes.push(at)
  return probes
}

describe.each(outages)('while Laravel gives %s', (_name, failure) => {
  it('one probe at a time goes out on the schedule, no tries are counted, and afterwards all is delivered in order', async () => {
    const harness = createHarness({ concurrency: 4 })
    harness.respond(() => failure)
    const added = new Map<string, string[]>()
    const put = (lane: string) => added.set(lane, [...(added.get(lane) ?? []), harness.add(lane)])
    for (let n = 0; n < 60; n++) put(`lane${n % 20}`)
    harness.deliveries.start()
    await harness.clock.advance(SECOND - 1)
    // Eight lanes that fail and none that is taken leave no doubt.
    expect(harness.calls).toHaveLength(8)
    for (let n = 0; n < 20; n++) put(`lane${n}`)
    await harness.clock.advance(HOUR)
    const probes = harness.calls.slice(8)
    expect(probes.map(call => call.at / SECOND)).toEqual(probesUntil(3_600))
    const probesOf = Array.from(
      { length: 20 },
      (_, n) => probes.filter(({ lane }) => lane === `lane${n}`).length,
    )
    expect(Math.max(...probesOf) - Math.min(...probesOf)).toBeLessThanOrEqual(2)
    expect([...harness.table.rows.values()].every(row => row.tries === 0 && row.deadAt === null)).toBe(true)
    harness.respond(() => ok)
    const before = harness.calls.length
    await harness.clock.advance(30 * SECOND)
    expect(harness.table.rows.size).toBe(0)
    for (const [lane, ids] of added)
      expect(
        harness.calls
          .slice(before)
          .filter(call => call.lane === lane)
          .map(call => call.webhookId),
      ).toEqual(ids)
  })
})

describe('an outage', () => {
  it('has one probe in flight, however long it takes and whichever lanes are woken', async () => {
    const harness = createHarness()
    harness.respond(() => answered(503))
    for (let n = 0; n < 50; n++) harness.add(`lane${n}`)
    harness.deliveries.start()
    await harness.clock.advance(SECOND)
    const before = harness.calls.length
    const probe = gate<Attempt>()
    harness.respond(() => probe.opened)
    for (let n = 0; n < 60; n++) {
      harness.add(`lane${n}`)
      await harness.clock.advance(10 * SECOND)
    }
    expect(harness.calls.length - before).toBe(1)
    harness.respond(() => ok)
    probe.open(ok)
    await harness.clock.advance(1)
    expect(harness.table.rows.size).toBe(0)
  })

  it('ends at the time that Retry-After names, with one probe first', async () => {
    const harness = createHarness()
    harness.respond(() => answered(429, harness.clock.now() + 42 * SECOND))
    for (let n = 0; n < 10; n++) harness.add(`lane${n}`)
    harness.deliveries.start()
    await harness.clock.advance(41 * SECOND)
    expect(harness.calls).toHaveLength(10)
    const probe = gate<Attempt>()
    harness.respond(() => probe.opened)
    await harness.clock.advance(5 * SECOND)
    expect(harness.calls.slice(10).map(call => call.at)).toEqual([42 * SECOND])
    probe.open(ok)
    harness.respond(() => ok)
    await harness.clock.advance(1)
    expect(harness.table.rows.size).toBe(0)
  })

  it('whose answers keep naming a Retry-After is probed at these times only', async () => {
    const harness = createHarness()
    harness.respond(() => answered(429, harness.clock.now() + 10 * MINUTE))
    harness.add('a')
    harness.deliveries.start()
    await harness.clock.advance(HOUR)
    expect(harness.times('a')).toEqual([0, 1, 2, 3, 4, 5, 6].map(count => count * 10 * MINUTE))
  })

  it('lasts as long as the longest Retry-After of the attempts that failed together', async () => {
    const harness = createHarness()
    let seconds = 10
    harness.respond(() => answered(429, harness.clock.now() + seconds++ * SECOND))
    for (let n = 0; n < 5; n++) harness.add(`lane${n}`)
    harness.deliveries.start()
    await harness.clock.advance(20 * SECOND)
    expect(harness.calls.map(call => call.at)).toEqual([0, 0, 0, 0, 0, 14 * SECOND])
  })

  it('is over when the probe is refused for its content', async () => {
    const harness = createHarness()
    harness.respond(() => answered(500))
    for (let n = 0; n < 5; n++) harness.add(`lane${n}`)
    harness.deliveries.start()
    await harness.clock.advance(SECOND)
    harness.respond(call => (call.lane === 'lane0' ? answered(422) : ok))
    await harness.clock.advance(5 * SECOND)
    expect(harness.table.stored.counts().pending).toBe(1)
    expect(harness.deliveries.health().ok).toBe(true)
  })

  it('is probed by another lane when the first one has nothing left to deliver', async () => {
    const harness = createHarness()
    harness.respond(() => answered(503))
    harness.add('gone')
    harness.deliveries.start()
    await harness.clock.advance(SECOND)
    harness.add('b')
    harness.add('c')
    await harness.clock.advance(SECOND)
    for (const row of [...harness.table.rows.values()])
      if (row.lane !== 'c') harness.table.rows.delete(row.id)
    harness.respond(() => ok)
    await harness.clock.advance(4 * SECOND)
    expect(harness.table.rows.size).toBe(0)
  })

  it('does not end with the success of one attempt that was sent before it', async () => {
    const harness = createHarness()
    const early = gate<Attempt>()
    harness.respond(call => (call.lane === 'early' ? early.opened : answered(503)))
    harness.add('early')
    for (let n = 0; n < 10; n++) harness.add(`lane${n}`)
    harness.deliveries.start()
    await harness.clock.advance(SECOND / 2)
    early.open(ok)
    await harness.clock.advance(SECOND / 2 - 1)
    expect(harness.calls).toHaveLength(11)
    await harness.clock.advance(1)
    expect(harness.calls).toHaveLength(12)
    expect(harness.deliveries.health().ok).toBe(false)
  })

  it('is none when attempts that were sent before the first failures are taken', async () => {
    const harness = createHarness()
    const slow = gate<Attempt>()
    harness.respond(call => (call.lane.startsWith('slow') ? slow.opened : answered(503)))
    for (let n = 0; n < 8; n++) harness.add(`poison${n}`)
    for (let n = 0; n < 8; n++) harness.add(`slow${n}`)
    harness.deliveries.start()
    await harness.clock.advance(1)
    harness.respond(call => (call.lane.startsWith('poison') ? answered(503) : ok))
    harness.add('late')
    await harness.clock.advance(1)
    slow.open(ok)
    await harness.clock.advance(1)
    expect(harness.times('late')).toHaveLength(1)
    expect(harness.deliveries.health().ok).toBe(true)
    expect(harness.logs).toEqual([])
  })

  it('does not begin with the late failure of an attempt that was sent before the last outage', async () => {
    const harness = createHarness()
    const late = gate<Attempt>()
    harness.respond(call => (call.lane === 'late' ? late.opened : answered(503)))
    harness.add('late')
    for (let n = 0; n < 8; n++) harness.add(`lane${n}`)
    harness.deliveries.start()
    await harness.clock.advance(2 * SECOND)
    harness.respond(() => ok)
    await harness.clock.advance(8 * SECOND)
    late.open(unanswered('timeout after 15 s'))
    await harness.clock.advance(1)
    expect(harness.deliveries.health().ok).toBe(true)
    expect(harness.times('late')).toEqual([0, 10 * SECOND])
    expect(harness.logs).toHaveLength(2)
  })

  it('holds a new lane while the probe is in flight, and reads nothing for held lanes', async () => {
    const harness = createHarness()
    harness.respond(() => answered(503))
    harness.add('a')
    harness.deliveries.start()
    await harness.clock.advance(5.5 * SECOND)
    expect(harness.calls).toHaveLength(2)
    const probe = gate<Attempt>()
    harness.respond(() => probe.opened)
    await harness.clock.advance(5 * SECOND)
    let reads = 0
    const { head } = harness.table.store
    harness.table.store.head = lane => {
      reads++
      if (reads > 1_000) throw new Error('it spins')
      return head(lane)
    }
    for (let n = 0; n < 100; n++) {
      harness.add('b')
      await harness.clock.advance(100)
    }
    expect(reads).toBeLessThan(5)
    expect(harness.calls).toHaveLength(3)
    harness.respond(() => ok)
    probe.open(ok)
    await harness.clock.advance(1)
    expect(harness.table.rows.size).toBe(0)
  })

  it('goes on when the probe itself could not be sent', async () => {
    const harness = createHarness()
    harness.respond(() => answered(503))
    for (let n = 0; n < 10; n++) harness.add(`lane${n}`)
    harness.deliveries.start()
    await harness.clock.advance(SECOND / 2)
    const before = harness.calls.length
    harness.respond(() => {
      if (harness.calls.length === before + 1) throw new Error('not JSON')
      return ok
    })
    await harness.clock.advance(6 * SECOND)
    expect(harness.calls[before]!.at).toBe(SECOND)
    expect(harness.calls[before + 1]!.at).toBe(SECOND)
    expect(harness.table.rows.size).toBe(0)
  })

  it('does not advance the retry schedule of the delivery that probed', async () => {
    const harness = createHarness()
    harness.respond(() => answered(503))
    harness.add('a')
    harness.deliveries.start()
    await harness.clock.advance(454 * SECOND)
    const before = harness.calls.length
    harness.respond(() => (harness.calls.length === before + 1 ? answered(422) : ok))
    await harness.clock.advance(HOUR)
    const [probe, next] = harness.times('a').slice(before)
    expect(probe).toBe(458 * SECOND)
    expect(next! - probe!).toBe(30 * SECOND)
  })

  it('is detected again after a restart, with one probe at a time', async () => {
    const harness = createHarness()
    harness.respond(() => answered(500))
    for (let n = 0; n < 4; n++) harness.add(`lane${n}`)
    harness.deliveries.start()
    await harness.clock.advance(HOUR)
    await harness.deliveries.stop(SECOND)
    const before = harness.calls.length
    harness.restart()
    await harness.clock.advance(161 * SECOND)
    // Four lanes prove nothing yet; the first that fails again does, 5 s later.
    expect(harness.calls).toHaveLength(before + 8 + probesUntil(156).length)
    expect(harness.deliveries.health().ok).toBe(false)
  })

  it('needs one timer for all held lanes', async () => {
    const harness = createHarness()
    harness.respond(() => answered(503))
    for (let n = 0; n < 2_000; n++) harness.table.add(`lane${n}`, harness.clock.now())
    harness.deliveries.start()
    await harness.clock.advance(SECOND / 2)
    expect(harness.clock.pending()).toBeLessThanOrEqual(2)
    harness.respond(() => ok)
    await harness.clock.advance(5 * SECOND)
    expect(harness.table.rows.size).toBe(0)
    expect(harness.calls).toHaveLength(2_032)
  })
})

describe('an outage of more than 72 hours', () => {
  it('turns deliveries that are too old into dead letters and keeps the rest', async () => {
    const harness = createHarness()
    harness.respond(() => answered(500))
    harness.deliveries.start()
    for (let n = 0; n < 40; n++) harness.add(`old${n % 20}`)
    await harness.clock.advance(30 * HOUR)
    for (let n = 0; n < 20; n++) harness.add(`old${n}`)
    await harness.clock.advance(42 * HOUR + MINUTE)
    expect(harness.table.stored.counts()).toEqual({ pending: 20, dead: 40 })
    expect(harness.dead()[0]).toMatchObject({ lastError: 'HTTP 500' })
    harness.respond(() => ok)
    await harness.clock.advance(30 * SECOND)
    expect(harness.table.stored.counts()).toEqual({ pending: 0, dead: 40 })
  })

  it('does not make dead letters right after a long shutdown: pending deliveries are tried first', async () => {
    const harness = createHarness()
    for (let n = 0; n < 50; n++) harness.table.add(`lane${n}`, harness.clock.now() - 100 * HOUR)
    harness.respond(() => unanswered('ECONNREFUSED'))
    harness.deliveries.start()
    await harness.clock.advance(7 * MINUTE)
    expect(harness.table.stored.counts()).toEqual({ pending: 50, dead: 0 })
    harness.respond(() => ok)
    await harness.clock.advance(30 * SECOND)
    expect(harness.table.stored.counts()).toEqual({ pending: 0, dead: 0 })
  })

  it('makes dead letters of what is too old after a restart, once the outage has lasted', async () => {
    const harness = createHarness()
    for (let n = 0; n < 50; n++) harness.table.add(`lane${n}`, harness.clock.now() - 100 * HOUR)
    harness.respond(() => unanswered('ECONNREFUSED'))
    harness.deliveries.start()
    await harness.clock.advance(10 * MINUTE)
    expect(harness.table.stored.counts()).toEqual({ pending: 0, dead: 50 })
  })
})
