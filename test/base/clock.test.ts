import { afterEach, expect, it, vi } from 'vitest'
import { createClock, createTimeOfDay } from '../../src/base/clock.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

it.each([
  86_400_000, -86_400_000,
])("the clock does not jump when the machine's time is changed by %s ms", async jump => {
  const clock = createClock()
  const real = Date.now.bind(Date)
  expect(Math.abs(clock.now() - real())).toBeLessThan(1_000)
  expect(Number.isInteger(clock.now())).toBe(true)
  const before = clock.now()
  vi.spyOn(Date, 'now').mockImplementation(() => real() + jump)
  const passed = clock.now() - before
  expect(passed).toBeGreaterThanOrEqual(0)
  expect(passed).toBeLessThan(1_000)
})

it('a clock that is guided takes over the other one’s time at first, and never jumps again', () => {
  let passed = 0
  vi.spyOn(performance, 'now').mockImplementation(() => passed)
  const clock = createClock()
  const start = Math.trunc(performance.timeOrigin)
  const other = start - 600_000
  clock.guide(other)
  expect(Math.abs(clock.now() - other)).toBeLessThanOrEqual(1)
  // Somebody set that one: it is followed by 5 ms a second, and time never goes back.
  for (const wrong of [3_600_000, -3_600_000]) {
    const before = clock.now()
    passed += 5_000
    clock.guide(clock.now() + wrong)
    const after = clock.now()
    expect(Math.abs(after - before - 5_000)).toBeLessThanOrEqual(26)
    passed += 1
    expect(clock.now()).toBeGreaterThanOrEqual(after)
  }
  // What an answer may be late by is not followed.
  passed += 5_000
  const before = clock.now()
  clock.guide(before + 90)
  expect(clock.now()).toBe(before)
})

it('the clock runs timers', async () => {
  const clock = createClock()
  const begun = clock.now()
  const never = clock.setTimeout(() => expect.unreachable(), 1)
  clock.clearTimeout(never)
  await new Promise<void>(resolve => clock.setTimeout(resolve, 20))
  expect(clock.now() - begun).toBeGreaterThanOrEqual(19)
})

it('a time is told the same each time, until the machine is set', () => {
  let wall = 10_000
  const timeOfDay = createTimeOfDay(
    () => 1_000,
    () => wall,
  )
  const told = [10_000, 10_001, 9_999, 3_610_000, 3_610_001].map(now => {
    wall = now
    return timeOfDay(2_000)
  })
  expect(told).toEqual([11_000, 11_000, 11_000, 3_611_000, 3_611_000])
})
