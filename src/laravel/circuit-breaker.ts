import type { Clock } from '../base/clock.ts'
import { probeDelay } from './retry-schedule.ts'

/** Leave to make one attempt; hand it back with the attempt's result. */
export interface Permit {
  /** The only attempt while the circuit is open. */
  probe: boolean
  /** Attempts of one round that fail together are one failure. */
  round: number
}

export interface Failure {
  error: string
  status: number | null
  /** Overrides the schedule. */
  retryAt: number | null
}

export interface Outage {
  since: number
  failures: number
  retryAt: number
  failure: Failure
}

/** Failed attempts after which an outage counts as real, some 7 min: a restart into one must not make dead letters of what waited. */
const LASTING_FAILURES = 20

/**
 * The circuit breaker for Laravel as a whole: while it is open, one probe at a time is let through, whichever lane sends it.
 * A success closes it.
 */
export function createCircuitBreaker(clock: Clock) {
  let outage: Outage | null = null
  let probing = false
  let round = 0
  let answeredSince = false

  return {
    /** Null while the lane must wait. */
    acquire(): Permit | null {
      if (outage === null) return { probe: false, round }
      if (probing || clock.now() < outage.retryAt) return null
      probing = true
      return { probe: true, round }
    },

    /** Laravel answered for itself. True if this closes the circuit. */
    succeeded(permit: Permit): boolean {
      if (outage !== null && !permit.probe) return false
      answeredSince = true
      if (outage === null) return false
      outage = null
      probing = false
      round++
      return true
    },

    /** True if this opens the circuit. */
    failed(permit: Permit, failure: Failure): boolean {
      if (permit.probe) probing = false
      const now = clock.now()
      const opens = outage === null
      if (permit.round !== round) {
        // An attempt that began before this outage, or before the last one ended, is no new failure.
        if (outage !== null) outage.retryAt = Math.max(outage.retryAt, failure.retryAt ?? 0)
        return false
      }
      const failures = (outage?.failures ?? 0) + 1
      outage = {
        since: outage?.since ?? now,
        failures,
        retryAt: failure.retryAt ?? now + probeDelay(failures),
        failure,
      }
      answeredSince = false
      round++
      return opens
    },

    /** The attempt was ended without a result. */
    cancelled(permit: Permit): void {
      if (permit.probe) probing = false
    },

    /** Laravel has answered for itself since the last failure: the next one may be the delivery's own. */
    answeredSinceFailure: () => answeredSince,
    /** The outage is no hiccup. */
    isLasting: () => outage !== null && outage.failures >= LASTING_FAILURES,
    isProbing: () => probing,
    nextProbeAt: () => outage?.retryAt ?? clock.now(),
    /** What holds everything; null while the circuit is closed. */
    outage: (): Outage | null => outage,
  }
}

export type CircuitBreaker = ReturnType<typeof createCircuitBreaker>
