/**
 * Real time that never jumps: the time of day at the start of the process, carried on by a clock that only counts. Whoever sets
 * the machine's clock ends no QR, no send and no retry early, and holds none back. What others compare with their own clocks
 * (signatures, expiry dates) takes the time of day instead.
 */
export function createClock(): Clock {
  return {
    now: () => Math.trunc(performance.timeOrigin + performance.now()),
    setTimeout: (fn, ms) => setTimeout(fn, ms),
    clearTimeout: id => clearTimeout(id as NodeJS.Timeout),
  }
}

/** Time that never jumps, and timers; the simulated clock of the tests has the same three methods. */
export interface Clock {
  now(): number
  setTimeout(fn: () => void, ms: number): unknown
  clearTimeout(id: unknown): void
}

/** The two are read one after the other, and each in whole ms. */
const JITTER_MS = 50

/**
 * Turns times of the clock that never jumps into those on the wall, for others to compare with their own clocks. The same time is told the
 * same each time, until somebody sets the machine's clock. `now` and `wall`: ms since the epoch.
 */
export function createTimeOfDay(now: () => number, wall: () => number): (at: number) => number {
  let ahead = wall() - now()
  return at => {
    const seen = wall() - now()
    if (Math.abs(seen - ahead) > JITTER_MS) ahead = seen
    return at + ahead
  }
}
