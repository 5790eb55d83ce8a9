import type { Logger } from 'pino'
import type { Clock } from '../../base/clock.ts'
import type { Queue } from '../../ports/queue.ts'
import { failureFinding } from '../answers/finding.ts'
import {
  createCircuitBreaker,
  type Failure,
  type Outage,
  type Permit,
  type Verdict,
} from './circuit-breaker.ts'
import type { Sender } from './evidence.ts'
import { createHeldLanes } from './held-lanes.ts'

/** A handler that is slow is told of so often, in ms: it is slow for many messages. */
const SLOW_AGAIN = 10 * 60_000

export interface RouteOptions {
  queue: Queue
  clock: Clock
  logger: Logger
  /** Laravel's, for people. */
  address: string | null
  /** The route works again, and lanes wait for it that it does not know. */
  onReleased: () => void
}

/** One route of Laravel: its circuit breaker, the lanes that wait for it, and one line in the log each time that what holds it changes. */
export function createRoute(path: string, options: RouteOptions) {
  const { queue, clock, logger, address, onReleased } = options
  const breaker = createCircuitBreaker(clock)
  const held = createHeldLanes({ breaker, queue })
  /** The cause that was told; null while none is. */
  let told: string | null = null
  let slowAt = Number.NEGATIVE_INFINITY

  /** An outage that ends with its first probe is nobody's business. */
  function outage(): Outage | null {
    const current = breaker.outage()
    return current !== null && current.failures > 1 ? current : null
  }

  function tellCause(): void {
    const error = outage()?.failure.error ?? null
    if (error === null || error === told) return
    told = error
    logger.warn({ address, route: path, error }, 'laravel takes no deliveries on this route, they are held')
  }

  /** Of what is no outage nobody else tells: the handler runs on, is called again, and the message is handled twice. */
  function tellSlow(error: string): void {
    if (clock.now() - slowAt < SLOW_AGAIN) return
    slowAt = clock.now()
    const { mend } = failureFinding(null, error)
    logger.warn({ address, route: path, error, mend }, 'laravel did not answer in time on this route')
  }

  return {
    path,
    held,
    acquire: breaker.acquire,
    isOpen: () => breaker.outage() !== null,
    isLasting: breaker.isLasting,
    /** Why a delivery that waited for too long was not taken. */
    cause: (): string => breaker.outage()?.failure.error ?? 'held',
    outage,

    /** When what is held is tried next; null: nothing is. */
    probesAt: (): number | null => breaker.outage()?.retryAt ?? null,

    /** Tries at once what is held. */
    probe(): void {
      breaker.probeNow()
      held.scheduleProbe()
    },

    /** Laravel answered for itself. */
    accepted(permit: Permit, sender: Sender): void {
      if (!breaker.accepted(permit, sender)) return
      if (told !== null) logger.info({ address, route: path }, 'laravel takes deliveries on this route again')
      told = null
      if (held.releaseAll()) onReleased()
    },

    failed(permit: Permit, sender: Sender, failure: Failure): Verdict {
      const verdict = breaker.failed(permit, sender, failure)
      if (verdict === 'route') {
        tellCause()
        held.scheduleProbe()
      } else if (verdict !== 'late' && failure.error.startsWith('timeout')) tellSlow(failure.error)
      return verdict
    },

    /** The attempt was ended without a result. */
    cancelled(permit: Permit): void {
      breaker.cancelled(permit)
      held.scheduleProbe()
    },
  }
}

export type Route = ReturnType<typeof createRoute>
