/**
 * Real time that never jumps: the time of day at the start of the process, carried on by a clock that only counts. Whoever sets
 * the machine's clock ends no QR, no send and no retry early, and holds none back. What others compare with their own clocks
 * (signatures, expiry dates) takes the time of day instead.
 */
export function createClock(): GuidedClock {
  let ahead = 0
  let told = 0
  let guidedAt: number | null = null
  const counted = () => performance.timeOrigin + performance.now()
  const now = () => {
    told = Math.max(told, Math.trunc(counted() + ahead))
    return told
  }
  return {
    now,
    setTimeout: (fn, ms) => setTimeout(fn, ms),
    clearTimeout: id => clearTimeout(id as NodeJS.Timeout),
    guide(at) {
      const own = counted()
      const wrong = at - (own + ahead)
      if (guidedAt === null) {
        ahead += wrong
        // Nothing has happened here yet.
        told = 0
      } else if (Math.abs(wrong) > UNCERTAIN_MS) {
        const most = (own - guidedAt) * FOLLOWS
        ahead += Math.min(most, Math.max(-most, wrong))
      }
      guidedAt = own
    },
  }
}

/** Time that never jumps, and timers; the simulated clock of the tests has the same three methods. */
export interface Clock {
  now(): number
  setTimeout(fn: () => void, ms: number): unknown
  clearTimeout(id: unknown): void
}

/** A clock that goes by another one, which several processes share. */
export interface GuidedClock extends Clock {
  /** What the other one says now, in ms since the epoch: taken over the first time, and followed from then on so slowly that nothing jumps. */
  guide(at: number): void
}

/** As far as an answer can be late. */
const UNCERTAIN_MS = 100
/** Of the time that passed: a clock that is off is right again some day, and no lease notices. */
const FOLLOWS = 1 / 200

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
