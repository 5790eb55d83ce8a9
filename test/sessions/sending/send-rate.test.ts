import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionContext } from '../../../machines/session.context.ts'
import { SendRate } from '../../../src/sessions/sending/send-rate.ts'
import { assertProperty } from '../../property.ts'

const START = Date.UTC(2026, 0, 1)
const SECOND = 1000
const MINUTE = 60 * SECOND

/** What a session remembers of WhatsApp's complaints, by its rate. */
const memories = new WeakMap<SendRate, Pick<SessionContext, 'slowdown'>>()

function rateOf(perMinute: number): SendRate {
  const memory: Pick<SessionContext, 'slowdown'> = { slowdown: null }
  const rate = new SendRate(perMinute, () => memory.slowdown)
  memories.set(rate, memory)
  return rate
}

function complain(rate: SendRate, at: number, backoff?: number): void {
  const slowdown = rate.complained(at, backoff)
  if (slowdown !== null) memories.get(rate)!.slowdown = { at, ...slowdown }
}

/** When each of `count` sends that are ready at `from` leaves, in ms since then. */
function drain(rate: SendRate, count: number, from = START): number[] {
  let now = from
  return Array.from({ length: count }, () => {
    now = rate.nextAt(now)
    expect(rate.nextAt(now)).toBe(now)
    rate.take(now)
    return now - from
  })
}

describe('The send rate', () => {
  it('is unlimited without a limit', () => {
    expect(new Set(drain(rateOf(0), 10_000))).toEqual(new Set([0]))
  })

  it('lets a sixth of a minute’s sends leave at once, then one after the other', () => {
    const times = drain(rateOf(60), 13)
    expect(times).toEqual([...Array(10).fill(0), 1000, 2000, 3000])
    expect(drain(rateOf(1), 3)).toEqual([0, 60_000, 120_000])
  })

  it('saves up no more than that in a quiet time', () => {
    const rate = rateOf(60)
    drain(rate, 10)
    expect(drain(rate, 12, START + 600 * MINUTE)).toEqual([...Array(10).fill(0), 1000, 2000])
  })

  it('never exceeds the limit plus the burst within any time, and wastes nothing', async () => {
    await assertProperty(
      fc.property(
        fc.integer({ min: 1, max: 600 }),
        fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 200 }),
        (perMinute, gaps) => {
          const rate = rateOf(perMinute)
          const burst = Math.max(1, perMinute / 6)
          const left: number[] = []
          let now = START
          for (const gap of gaps) {
            now = rate.nextAt(now + gap)
            rate.take(now)
            left.push(now)
          }
          for (let i = 0; i < left.length; i++)
            for (let j = i; j < left.length; j++)
              expect(j - i + 1).toBeLessThanOrEqual(
                burst + ((left[j]! - left[i]!) * perMinute) / MINUTE + 0.001,
              )
        },
      ),
    )
    expect(drain(rateOf(60), 611).at(-1)).toBe(10 * MINUTE + SECOND)
  })
})

describe('The send rate after a refusal of WhatsApp', () => {
  it('is zero for 5 s, then half for 5 minutes', () => {
    const rate = rateOf(60)
    drain(rate, 130)
    const at = START + 2 * MINUTE
    complain(rate, at)
    const [first, second, third] = drain(rate, 3, at)
    expect(first).toBe(7000)
    expect([second! - first!, third! - second!]).toEqual([2000, 2000])
    expect(drain(rate, 30, at + 5 * MINUTE).at(-1)).toBe(20_000)
  })

  it('counts refusals of many sends at once as one, and a later one again', () => {
    const rate = rateOf(60)
    drain(rate, 130)
    const at = START + 2 * MINUTE
    for (let i = 0; i < 20; i++) complain(rate, at + i * 100)
    const [first, second] = drain(rate, 2, at)
    expect(second! - first!).toBe(2000)
    const later = at + 10 * SECOND
    complain(rate, later)
    const [third, fourth] = drain(rate, 2, later)
    expect(fourth! - third!).toBeGreaterThanOrEqual(4000)
  })

  it('is half of the measured rate in a session without a limit', () => {
    const rate = rateOf(0)
    for (let i = 0; i < 120; i++) rate.take(START + i * 500)
    const at = START + MINUTE
    complain(rate, at)
    const times = drain(rate, 20, at)
    expect(times[0]).toBe(6000)
    expect(times.at(-1)! - times[0]!).toBe(19_000)
    expect(new Set(drain(rate, 1000, at + 5 * MINUTE))).toEqual(new Set([0]))
  })

  it('is kept over a restart: the rest of the pause, then of the five minutes', () => {
    const at = START
    const slowdown = { at, perMinute: 30, until: at + 5 * MINUTE }
    const restarted = (after: number) => drain(new SendRate(60, () => slowdown), 3, at + after)
    expect(restarted(2 * SECOND)).toEqual([5000, 7000, 9000])
    const [first, second] = restarted(10 * MINUTE)
    expect([first, second]).toEqual([0, 0])
  })

  it('leaves as long a pause as WhatsApp asks for, an hour at most, also when it asks for more of it later', () => {
    const busy = () => {
      const rate = rateOf(60)
      for (let i = 0; i < 60; i++) rate.take(START - MINUTE + i * SECOND)
      return rate
    }
    const rate = busy()
    complain(rate, START, 30 * SECOND)
    expect(rate.nextAt(START)).toBe(START + 32 * SECOND)
    expect(rate.complained(START + SECOND, 30 * SECOND)).toBeNull()
    expect(rate.complained(START + SECOND)).toBeNull()
    complain(rate, START + 10 * SECOND, 60 * SECOND)
    expect(rate.nextAt(START)).toBe(START + 72 * SECOND)
    const far = busy()
    complain(far, START, 48 * 60 * MINUTE)
    expect(far.nextAt(START)).toBe(START + 60 * MINUTE + 2 * SECOND)
    // Half the pace for the rest of five minutes after it.
    expect(drain(far, 2, START + 60 * MINUTE)).toEqual([2 * SECOND, 4 * SECOND])
  })

  it('keeps such a pause over a restart', () => {
    const slowdown = { at: START, perMinute: 30, until: START + 6 * MINUTE, pausedUntil: START + MINUTE }
    expect(new SendRate(0, () => slowdown).nextAt(START + SECOND)).toBe(START + 62 * SECOND)
  })

  it('never stays at zero', () => {
    const rate = rateOf(1)
    let now = START
    for (let i = 0; i < 50; i++, now += 10 * SECOND) complain(rate, now)
    expect(rate.nextAt(now)).toBeLessThanOrEqual(now + MINUTE + 5 * SECOND)
  })
})
