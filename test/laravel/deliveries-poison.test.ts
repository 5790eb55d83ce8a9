import { describe, expect, it } from 'vitest'
import type { Attempt } from '../../src/laravel/attempt.ts'
import { answered, createHarness, gate, HOUR, MINUTE, ok, SECOND, unanswered } from './harness.ts'

const POISONS: [string, Attempt][] = [
  ...[500, 502, 503, 403, 402, 401, 302, 404, 419, 429].map(
    status => [`HTTP ${status}`, answered(status)] as [string, Attempt],
  ),
  ['a time-out', unanswered('timeout after 15 s')],
]

/** Which of 300 lanes are poisoned. */
const PLACES: [string, (n: number) => boolean][] = [
  ['1 % of the lanes, spread', n => n % 100 === 50],
  ['5 % of the lanes, spread', n => n % 20 === 7],
  ['5 % of the lanes, the first ones', n => n < 15],
]

const held = (harness: ReturnType<typeof createHarness>) =>
  harness.logs.filter(line => line.includes('takes no deliveries'))

describe.each(POISONS)('a message that Laravel always answers with %s', (_, failure) => {
  it.each(PLACES)('in %s holds nobody else, not for a moment', async (_where, isPoisoned) => {
    const harness = createHarness()
    const poisoned = new Set(
      Array.from({ length: 300 }, (_, n) => n)
        .filter(isPoisoned)
        .map(n => `lane${n}`),
    )
    harness.respond(call => (poisoned.has(call.lane) ? failure : ok))
    harness.deliveries.start()
    harness.add('proof')
    await harness.clock.advance(1)
    for (let turn = 0; turn < 3; turn++) for (let n = 0; n < 300; n++) harness.add(`lane${n}`)
    await harness.clock.advance(1)
    const left = [...harness.table.rows.values()]
    expect(new Set(left.map(row => row.lane))).toEqual(poisoned)
    // Poison that comes first is tried once more when the others have shown whose fault it is.
    const tries = harness.calls.filter(call => poisoned.has(call.lane)).length
    expect(tries).toBeLessThanOrEqual(2 * poisoned.size)
    expect(harness.calls).toHaveLength(1 + (300 - poisoned.size) * 3 + tries)
    expect(held(harness)).toEqual([])
    expect(harness.deliveries.health()).toEqual({ ok: true, problem: null })
    // Whatever comes later is taken at once, each time the poison is tried again, too.
    for (let minute = 0; minute < 60; minute++) {
      const added = harness.elapsed()
      harness.add(`fresh${minute % 7}`)
      await harness.clock.advance(MINUTE)
      expect(harness.times(`fresh${minute % 7}`).at(-1)).toBe(added)
    }
    expect(held(harness)).toEqual([])
    for (const lane of poisoned) {
      const attempts = harness.times(lane).length
      expect(attempts).toBeGreaterThan(5)
      expect(attempts).toBeLessThan(10)
    }
  })

  it('alone for hours holds no newcomer, and is a dead letter after 72 h', async () => {
    const harness = createHarness()
    harness.respond(call => (call.lane === 'poison' ? failure : ok))
    harness.deliveries.start()
    const poison = harness.add('poison')
    await harness.clock.advance(10 * HOUR)
    const before = harness.times('poison').length
    for (let hour = 0; hour < 63; hour++) {
      const added = harness.elapsed()
      harness.add('fresh')
      await harness.clock.advance(HOUR)
      expect(harness.times('fresh').at(-1)).toBe(added)
    }
    expect(harness.dead()).toMatchObject([{ webhookId: poison, tries: 0 }])
    expect(harness.times('poison').length - before).toBeLessThan(20)
    expect(harness.deliveries.health().ok).toBe(true)
  })
})

describe('a session whose every message fails', () => {
  it('holds its own lanes and no other session, though most answers are failures', async () => {
    const harness = createHarness()
    let most = 0
    harness.respond(call => (call.lane.startsWith('broken') ? answered(500) : ok))
    harness.deliveries.start()
    for (let round = 0; round < 50; round++) {
      for (let n = 0; n < 20; n++)
        harness.add(`broken${round}.${n}`, {
          payload: { session_id: `broken${round}.${n}` },
          session: 'broken',
        })
      const added = harness.elapsed()
      for (let n = 0; n < 3; n++) harness.add(`other${n}`)
      await harness.clock.advance(SECOND)
      for (let n = 0; n < 3; n++) most = Math.max(most, harness.times(`other${n}`).at(-1)! - added)
    }
    expect(most).toBe(0)
    expect(held(harness).length).toBeLessThan(3)
    expect(harness.table.stored.counts().pending).toBe(1_000)
  })
})

describe('a route that fails', () => {
  it.each([500, 404, 403])('with %i for everything holds itself and no other route', async status => {
    const harness = createHarness()
    harness.respond(call => (call.kind === 'events' ? answered(status) : ok))
    harness.deliveries.start()
    for (let n = 0; n < 50; n++) harness.add(`calls${n}`, { kind: 'events' })
    await harness.clock.advance(10 * MINUTE)
    const probes = harness.calls.length
    for (let n = 0; n < 50; n++) {
      harness.add(`chat${n}`)
      harness.add(`session${n}`, {
        kind: 'status',
        payload: { session_id: `session${n}`, estado_qr: 'active' },
      })
      harness.add(`chat${n}|receipts`, { kind: 'receipt' })
    }
    await harness.clock.advance(1)
    expect(harness.calls.length - probes).toBe(150)
    expect(harness.table.stored.counts().pending).toBe(50)
    expect(probes).toBeLessThan(32 + 30)
    expect(harness.deliveries.health().problem).toContain(`has answered ${status} on /whatsapp/events since`)
  })

  it('and answers in 14 s holds no other route', async () => {
    const harness = createHarness()
    const answers: (() => void)[] = []
    harness.respond(async call => {
      if (call.kind === 'messages') {
        const slow = gate<void>()
        answers.push(() => slow.open(undefined))
        harness.clock.setTimeout(() => slow.open(undefined), 14 * SECOND)
        await slow.opened
      }
      return ok
    })
    harness.deliveries.start()
    for (let n = 0; n < 300; n++) harness.add(`stream|chat${n}`)
    await harness.clock.advance(SECOND)
    for (let n = 0; n < 100; n++) {
      harness.add(`stream${n}`, {
        kind: 'status',
        payload: { session_id: `stream${n}`, estado_qr: 'active' },
      })
      harness.add(`stream|receipts|chat${n}`, { kind: 'receipt' })
      harness.add(`stream${n}|events`, { kind: 'events' })
    }
    await harness.clock.advance(1)
    expect(harness.calls.filter(call => call.kind !== 'messages')).toHaveLength(300)
    expect(harness.calls.filter(call => call.kind === 'messages')).toHaveLength(32)
    await harness.clock.advance(10 * 14 * SECOND)
    expect(harness.table.stored.counts().pending).toBe(0)
    expect(held(harness)).toEqual([])
  })
})

describe('a Laravel that comes and goes every two seconds', () => {
  it.each([1, 3, 40, 1_000])('takes all that %i lanes have, in order, and few requests fail', async lanes => {
    const harness = createHarness()
    const isUp = () => Math.floor(harness.elapsed() / (2 * SECOND)) % 2 === 1
    let failed = 0
    const taken = new Map<string, string[]>()
    harness.respond(async call => {
      const answer = gate<void>()
      harness.clock.setTimeout(() => answer.open(undefined), 20)
      await answer.opened
      if (!isUp()) {
        failed++
        return answered(502)
      }
      taken.set(call.lane, [...(taken.get(call.lane) ?? []), call.webhookId])
      return ok
    })
    harness.deliveries.start()
    const added = new Map<string, string[]>()
    for (let second = 0; second < 60; second++) {
      for (let n = 0; n < 10; n++) {
        const lane = `lane${(second * 10 + n) % lanes}`
        added.set(lane, [...(added.get(lane) ?? []), harness.add(lane)])
      }
      await harness.clock.advance(SECOND)
    }
    // A delivery that was unlucky four times waits for its fifth.
    await harness.clock.advance(3 * MINUTE)
    expect(harness.table.stored.counts()).toEqual({ pending: 0, dead: 0 })
    for (const [lane, ids] of added) expect(taken.get(lane)).toEqual(ids)
    // Fifteen times down: what was in flight, what it takes to know, the probes of two seconds, and what is tried again on its own.
    expect(failed).toBeLessThan(15 * 20)
  })
})
