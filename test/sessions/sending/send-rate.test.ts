import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NewChats } from '../../../src/sessions/sending/reach-out-lock.ts'
import { Rate } from '../../../src/sessions/sending/send-rate.ts'
import { assertProperty } from '../../property.ts'

const START = Date.UTC(2026, 0, 1)
const SECOND = 1000
const MINUTE = 60 * SECOND

/** When each of `count` sends that are ready at `from` leaves, in ms since then. */
function drain(rate: Rate, count: number, from = START): number[] {
  let now = from
  return Array.from({ length: count }, () => {
    now = rate.nextAt(now)
    expect(rate.nextAt(now)).toBe(now)
    rate.take(now)
    return now - from
  })
}

describe('the pace of sends', () => {
  it('is none without a limit', () => {
    expect(new Set(drain(new Rate(0), 10_000))).toEqual(new Set([0]))
  })

  it('lets a sixth of a minute’s sends leave at once, then one after the other', () => {
    const times = drain(new Rate(60), 13)
    expect(times).toEqual([...Array(10).fill(0), 1000, 2000, 3000])
    expect(drain(new Rate(1), 3)).toEqual([0, 60_000, 120_000])
  })

  it('saves up no more than that in a quiet time', () => {
    const rate = new Rate(60)
    drain(rate, 10)
    expect(drain(rate, 12, START + 600 * MINUTE)).toEqual([...Array(10).fill(0), 1000, 2000])
  })

  it('never exceeds the limit and the burst within any time, and wastes nothing', async () => {
    await assertProperty(
      fc.property(
        fc.integer({ min: 1, max: 600 }),
        fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 200 }),
        (perMinute, gaps) => {
          const rate = new Rate(perMinute)
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
    expect(drain(new Rate(60), 611).at(-1)).toBe(10 * MINUTE + SECOND)
  })
})

describe('a complaint of WhatsApp', () => {
  it('lets nothing leave for 5 s, then at half the rate, for 5 minutes', () => {
    const rate = new Rate(60)
    drain(rate, 130)
    const at = START + 2 * MINUTE
    rate.complained(at)
    const [first, second, third] = drain(rate, 3, at)
    expect(first).toBe(7000)
    expect([second! - first!, third! - second!]).toEqual([2000, 2000])
    expect(drain(rate, 30, at + 5 * MINUTE).at(-1)).toBe(20_000)
  })

  it('that comes for many sends at once counts once, a later one again', () => {
    const rate = new Rate(60)
    drain(rate, 130)
    const at = START + 2 * MINUTE
    for (let i = 0; i < 20; i++) rate.complained(at + i * 100)
    const [first, second] = drain(rate, 2, at)
    expect(second! - first!).toBe(2000)
    const later = at + 10 * SECOND
    rate.complained(later)
    const [third, fourth] = drain(rate, 2, later)
    expect(fourth! - third!).toBeGreaterThanOrEqual(4000)
  })

  it('slows a session without a limit to half of what it did', () => {
    const rate = new Rate(0)
    for (let i = 0; i < 120; i++) rate.take(START + i * 500)
    const at = START + MINUTE
    rate.complained(at)
    const times = drain(rate, 20, at)
    expect(times[0]).toBe(6000)
    expect(times.at(-1)! - times[0]!).toBe(19_000)
    expect(new Set(drain(rate, 1000, at + 5 * MINUTE))).toEqual(new Set([0]))
  })

  it('never stops a session', () => {
    const rate = new Rate(1)
    let now = START
    for (let i = 0; i < 50; i++, now += 10 * SECOND) rate.complained(now)
    expect(rate.nextAt(now)).toBeLessThanOrEqual(now + MINUTE + 5 * SECOND)
  })
})

describe('new chats', () => {
  const HOUR = 60 * MINUTE

  it('pause for an hour, and twice as long when WhatsApp says it again', () => {
    const chats = new NewChats()
    expect(chats.pausedFor(START)).toBe(0)
    chats.refused(START)
    chats.refused(START + MINUTE)
    expect(chats.pausedFor(START)).toBe(HOUR)
    expect(chats.pausedFor(START + HOUR)).toBe(0)
    chats.refused(START + HOUR)
    expect(chats.pausedFor(START + HOUR)).toBe(2 * HOUR)
  })

  it('pause for a day at most, and for an hour again after a good day', () => {
    const chats = new NewChats()
    let now = START
    for (let i = 0; i < 10; i++) {
      chats.refused(now)
      now += chats.pausedFor(now)
    }
    chats.refused(now)
    expect(chats.pausedFor(now)).toBe(24 * HOUR)
    now += 48 * HOUR
    chats.refused(now)
    expect(chats.pausedFor(now)).toBe(HOUR)
  })
})
