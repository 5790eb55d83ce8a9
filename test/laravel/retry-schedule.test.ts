import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIFETIME, probeDelay, retryAfter, retryDelay } from '../../src/laravel/retry-schedule.ts'
import { assertProperty } from '../property.ts'

const SECOND = 1_000
const HOUR = 3_600_000
const NOW = Date.UTC(2026, 5, 1, 12)

describe('the retry schedule', () => {
  it('is 0, 5 s, 30 s, 2 min, 5 min, 15 min, 30 min, 1 h, 2 h, 4 h, then 8 h', () => {
    const seconds = Array.from({ length: 13 }, (_, failures) => retryDelay(failures) / SECOND)
    expect(seconds).toEqual([0, 5, 30, 120, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 28_800, 28_800])
  })

  it('ends after 72 hours', () => {
    expect(LIFETIME).toBe(72 * HOUR)
  })
})

describe('the probe schedule', () => {
  it('is 1 s, 2 s, 5 s, 10 s, 15 s, then 30 s for ever', () => {
    const seconds = Array.from({ length: 8 }, (_, n) => probeDelay(n + 1) / SECOND)
    expect(seconds).toEqual([1, 2, 5, 10, 15, 30, 30, 30])
    expect(probeDelay(10_000)).toBe(30 * SECOND)
  })
})

describe('Retry-After', () => {
  it.each([
    ['120', 120 * SECOND],
    [' 7 ', 7 * SECOND],
    ['Mon, 01 Jun 2026 12:01:30 GMT', 90 * SECOND],
    ['0', SECOND],
    ['Mon, 01 Jun 2026 11:00:00 GMT', SECOND],
    ['999999999', 8 * HOUR],
  ])('%j means to wait', (header, wait) => {
    expect(retryAfter(header, NOW)).toBe(NOW + wait)
  })

  it.each([null, '', '  ', 'soon', '-5x', '1.5e'])('%j is ignored', header => {
    expect(retryAfter(header, NOW)).toBeNull()
  })

  it('never names the past or more than 8 h, whatever the header says', async () => {
    await assertProperty(
      fc.property(fc.oneof(fc.string(), fc.integer().map(String), fc.date().map(String)), header => {
        const at = retryAfter(header, NOW)
        if (at === null) return
        expect(at).toBeGreaterThanOrEqual(NOW + SECOND)
        expect(at).toBeLessThanOrEqual(NOW + 8 * HOUR)
      }),
    )
  })
})
