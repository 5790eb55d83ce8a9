import type { Clock } from '../base/clock.ts'
import { probeDelay } from './retry-schedule.ts'

/** Leave to make one attempt; hand it back with its result. */
export interface Ticket {
  /** The only attempt while everything else is held. */
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

interface Hold {
  since: number
  failures: number
  retryAt: number
  failure: Failure
}

/** Failed attempts after which an outage counts as real, some 7 min: a restart into one must not bury what waited. */
const LASTING = 20

/** The circuit breaker for Laravel as a whole: while it is held, one probe at a time is let through, whichever lane sends it. */
export function createEndpoint(clock: Clock) {
  let hold: Hold | null = null
  let probing = false
  let round = 0
  let proven = false

  return {
    /** Null while the lane must wait. */
    enter(): Ticket | null {
      if (hold === null) return { probe: false, round }
      if (probing || clock.now() < hold.retryAt) return null
      probing = true
      return { probe: true, round }
    },

    /** The endpoint answered for itself. True if this ends a hold. */
    answered(ticket: Ticket): boolean {
      if (hold !== null && !ticket.probe) return false
      proven = true
      if (hold === null) return false
      hold = null
      probing = false
      round++
      return true
    },

    /** True if this begins a hold. */
    failed(ticket: Ticket, failure: Failure): boolean {
      if (ticket.probe) probing = false
      const now = clock.now()
      const began = hold === null
      if (ticket.round !== round) {
        // An attempt that began before this hold, or before the last one ended, is no new failure.
        if (hold !== null) hold.retryAt = Math.max(hold.retryAt, failure.retryAt ?? 0)
        return false
      }
      const failures = (hold?.failures ?? 0) + 1
      hold = {
        since: hold?.since ?? now,
        failures,
        retryAt: failure.retryAt ?? now + probeDelay(failures),
        failure,
      }
      proven = false
      round++
      return began
    },

    /** The attempt was ended without a result. */
    release(ticket: Ticket): void {
      if (ticket.probe) probing = false
    },

    /** Since the last hold it has answered for itself: a failure may be the delivery's own. */
    proven: () => proven,
    /** The outage is no hiccup. */
    lasting: () => hold !== null && hold.failures >= LASTING,
    probing: () => probing,
    /** The time of the next probe. */
    retryAt: () => hold?.retryAt ?? clock.now(),
    held: () => (hold === null ? null : { since: hold.since, failure: hold.failure }),
  }
}

export type Endpoint = ReturnType<typeof createEndpoint>
