const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

const DELAYS = [
  0,
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
]

/** A probe is one small request, and an application that is back must not go unnoticed for hours. */
const PROBES = [0, SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 15 * SECOND]
const SLOWEST_PROBE = 30 * SECOND

/** A delivery that is not taken this long after it was made becomes a dead letter. */
export const LIFETIME = 72 * HOUR

/** Nothing waits longer between two attempts, whatever a Retry-After says. */
export const LONGEST_WAIT = 8 * HOUR

/** Milliseconds to wait before the next attempt when `failures` attempts have failed. */
export function retryDelay(failures: number): number {
  return DELAYS[failures] ?? LONGEST_WAIT
}

/** Milliseconds until the next probe of an endpoint that failed `failures` times in a row. */
export function probeDelay(failures: number): number {
  return PROBES[failures] ?? SLOWEST_PROBE
}

/**
 * The time that a Retry-After header names (RFC 9110, 10.2.3: seconds or an HTTP date), at least a second and at most 8 h
 * from `now`; null if there is none or it cannot be read. A date is read by `wall`, the time of day.
 */
export function retryAfter(header: string | null, now: number, wall = now): number | null {
  const text = header?.trim() ?? ''
  if (text === '') return null
  const wait = /^\d+$/.test(text) ? Number(text) * SECOND : Date.parse(text) - wall
  if (Number.isNaN(wait)) return null
  return now + Math.min(Math.max(wait, SECOND), LONGEST_WAIT)
}
