import type { Clock } from '../../base/clock.ts'
import type { Finding } from '../answers/finding.ts'
import { maySayOfOne } from '../failure-scope.ts'
import { probeDelay } from '../retry-schedule.ts'
import { createEvidence, type Sender } from './evidence.ts'

/** Leave to make one attempt; hand it back with the attempt's result. */
export interface Permit {
  /** The only attempt while the circuit is open. */
  probe: boolean
  /** The probe came before its time, from a lane that would tell more than those that failed: its failure changes no schedule. */
  early: boolean
  /** Outages that were over when the attempt began. */
  round: number
}

export interface Failure {
  error: string
  status: number | null
  /** What mends it, where the answer says more than its status. */
  finding?: Finding | null | undefined
  /** Overrides the schedule. */
  retryAt: number | null
}

export interface Outage {
  since: number
  /** Probes that failed, and the failure that opened the circuit. */
  failures: number
  retryAt: number
  failure: Failure
}

/** What a failure is taken for. */
export type Verdict =
  /** The lane's own: others are accepted. */
  | 'own'
  /** Not known yet: the lane waits, and what comes will tell. */
  | 'unknown'
  /** The route's. */
  | 'route'
  /** The attempt began before the last outage ended, and says nothing of today. */
  | 'late'

/** Failed attempts after which an outage counts as real, some 7 min: a restart into one must not make dead letters of what waited. */
const LASTING_FAILURES = 20

/**
 * The circuit breaker of one route of Laravel. It opens on evidence; while it is open, one probe at a time is let through: on its
 * schedule whichever lane sends it, and at once from a lane that would tell more than those that failed. A success of a
 * probe closes it, and so do attempts from before that turn the evidence.
 */
export function createCircuitBreaker(clock: Clock) {
  const evidence = createEvidence()
  let outage: Outage | null = null
  let probing = false
  /** Somebody wants a probe before its time. */
  let asked = false
  let inFlight = 0
  let round = 0

  const nextProbeAt = (sender: Sender): number =>
    outage === null || asked || evidence.wouldTell(sender) ? clock.now() : outage.retryAt

  function ended(permit: Permit): void {
    inFlight--
    if (permit.probe) probing = false
  }

  return {
    /** Null while the lane must wait. */
    acquire(sender: Sender): Permit | null {
      const probe = outage !== null
      if (probe && (probing || clock.now() < nextProbeAt(sender))) return null
      probing = probe
      asked = false
      inFlight++
      return { probe, early: outage !== null && clock.now() < outage.retryAt, round }
    },

    /** Laravel answered for itself. True if this closes the circuit. */
    accepted(permit: Permit, sender: Sender): boolean {
      ended(permit)
      evidence.accepted(sender, clock.now())
      if (outage === null || (!permit.probe && evidence.routeFails(false))) return false
      outage = null
      round++
      evidence.clear()
      return true
    },

    failed(permit: Permit, sender: Sender, failure: Failure): Verdict {
      ended(permit)
      if (permit.round !== round) return outage === null ? 'late' : 'route'
      const now = clock.now()
      const own = evidence.failed(sender, now, failure.retryAt, maySayOfOne(failure.status))
      if (outage === null) {
        if (!evidence.routeFails(inFlight === 0)) return own ? 'own' : 'unknown'
        const asked = evidence.retryAt()
        const retryAt = asked > now ? asked : now + probeDelay(1)
        outage = { since: evidence.since(), failures: 1, retryAt, failure }
      } else if (permit.probe && !permit.early) {
        const failures = outage.failures + 1
        outage = { ...outage, failures, retryAt: failure.retryAt ?? now + probeDelay(failures), failure }
      } else {
        outage = { ...outage, retryAt: Math.max(outage.retryAt, failure.retryAt ?? 0) }
      }
      return 'route'
    },

    /** Whoever mended it need not wait for the schedule, which goes on as it was if nothing is mended. */
    probeNow(): void {
      asked = outage !== null
    },

    /** The attempt was ended without a result. */
    cancelled: ended,

    /** The outage is no hiccup. */
    isLasting: () => outage !== null && outage.failures >= LASTING_FAILURES,
    isProbing: () => probing,
    /** When this lane may probe. */
    nextProbeAt,
    /** Whether the lane, or one of its session, failed when it was last answered. */
    hasFailed: evidence.hasFailed,
    /** What holds the route; null while the circuit is closed. */
    outage: (): Outage | null => outage,
  }
}

export type CircuitBreaker = ReturnType<typeof createCircuitBreaker>
