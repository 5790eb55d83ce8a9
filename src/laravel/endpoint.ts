import type { Clock } from '../ports.ts'
import { retryDelay } from './schedule.ts'

/** Leave to make one attempt; hand it back with its result. */
export interface Ticket {
  lane: string
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
  /** The content of this lane's delivery may be what breaks the endpoint. */
  unclear: boolean
}

interface Hold {
  since: number
  failures: number
  lastFailureAt: number
  retryAt: number
  failure: Failure
  /** Lanes that failed, as far as needed to know that it is not one lane's content. */
  lanes: Set<string>
}

/** Failures of so many different lanes leave no doubt. */
const WITNESSES = 3

/** Failed attempts after which an outage counts as real: a restart into one must not bury what waited. */
const LASTING = 5

/**
 * The circuit breaker for Laravel as a whole: while it is held, one probe at a time is let through, on the retry schedule.
 * As long as less than three lanes have failed, and perhaps through their own content, a lane that has not failed yet may probe sooner.
 */
export function createEndpoint(clock: Clock) {
  let hold: Hold | null = null
  let probing = false
  let round = 0
  let proven = false

  function mayBeEarly(lane: string): boolean {
    return hold?.failure.unclear === true && hold.lanes.size < WITNESSES && !hold.lanes.has(lane)
  }

  function retryAt(lane: string): number {
    if (hold === null) return clock.now()
    return mayBeEarly(lane) ? Math.min(hold.retryAt, hold.lastFailureAt + retryDelay(1)) : hold.retryAt
  }

  return {
    /** Null while the lane must wait. */
    enter(lane: string): Ticket | null {
      if (hold === null) return { lane, probe: false, round }
      if (probing || clock.now() < retryAt(lane)) return null
      probing = true
      return { lane, probe: true, round }
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
        if (hold === null) return false
        hold.retryAt = Math.max(hold.retryAt, failure.retryAt ?? 0)
      } else {
        const failures = (hold?.failures ?? 0) + 1
        hold = {
          since: hold?.since ?? now,
          failures,
          lastFailureAt: now,
          retryAt: failure.retryAt ?? now + retryDelay(failures),
          failure,
          lanes: hold?.lanes ?? new Set(),
        }
        proven = false
        round++
      }
      if (hold.lanes.size < WITNESSES) hold.lanes.add(ticket.lane)
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
    /** There is doubt whether one lane's content is to blame, and this lane could clear it up. */
    mayBeEarly,
    /** The time at which the lane may probe. */
    retryAt,
    held: () => (hold === null ? null : { since: hold.since, failure: hold.failure }),
  }
}

export type Endpoint = ReturnType<typeof createEndpoint>
