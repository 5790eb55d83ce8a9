import type { Logger } from 'pino'
import type { Clock } from '../../base/clock.ts'
import type { LaravelCause, LaravelFault } from '../../ports/laravel.ts'
import { type Finding, minuteOf } from './finding.ts'

/** Who has trouble asks again within a minute, a suspended session within 15: what is older says nothing of today. */
const STALE_MS = 20 * 60_000

/** What any answer of Laravel on any route disproves. */
const OF_ALL_ROUTES: readonly LaravelCause[] = [
  'unreachable',
  'unknown_host',
  'timeout',
  'certificate',
  'no_tls',
  'maintenance',
]

/**
 * What is wrong with the routes that sessions ask at once: the question, the QR, the pairing code, and which routes take what they are
 * given with a web page. One line in the log at each change of a route's cause. What waits in the deliveries table has its own circuits.
 */
export function createFaults(options: { clock: Clock; logger: Logger; address: string | null }) {
  const { clock, logger, address } = options
  /** By route; `at`: when it was met last. */
  const found = new Map<string, { fault: LaravelFault; at: number; lasts: boolean }>()

  function well(route: string): void {
    if (found.delete(route)) logger.info({ address, route }, 'laravel answers on this route again')
  }

  return {
    /** What a route answered; null: it is well. Returns the fault, with the time since which it stands. */
    note(route: string, finding: Finding | null): LaravelFault | null {
      if (finding === null) {
        well(route)
        return null
      }
      const { cause, status, what, mend, lasts = false } = finding
      const at = clock.now()
      const known = found.get(route)
      if (known?.fault.cause === cause && known.fault.status === status) {
        known.at = at
        return known.fault
      }
      const message = `Laravel at ${address} ${what} on ${route} since ${minuteOf(at)}: ${mend}.`
      const fault = { cause, route, status, since: at, message }
      found.set(route, { fault, at, lasts })
      logger.warn(
        { address, route, cause, status: status ?? undefined, mend },
        `laravel ${what} on this route`,
      )
      return fault
    },

    /** Laravel took something, on whatever route. */
    answered(): void {
      for (const { fault } of found.values()) if (OF_ALL_ROUTES.includes(fault.cause)) well(fault.route)
    },

    /** Those of today. */
    all(): LaravelFault[] {
      const oldest = clock.now() - STALE_MS
      return [...found.values()].filter(({ at, lasts }) => lasts || at >= oldest).map(({ fault }) => fault)
    },
  }
}

export type Faults = ReturnType<typeof createFaults>
