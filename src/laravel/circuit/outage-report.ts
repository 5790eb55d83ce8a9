import { failureFinding, minuteOf } from '../answers/finding.ts'
import type { Outage } from './circuit-breaker.ts'

/** An outage and the route that it holds. */
export interface HeldRoute {
  path: string
  outage: Outage
}

/**
 * One sentence for each cause, for the operator while Laravel takes no deliveries: on which routes, since when, how many deliveries
 * wait, and what can be done about it.
 */
export function outageReport(address: string | null, routes: HeldRoute[], pending?: number): string {
  const causes = Map.groupBy(routes, ({ outage }) => outage.failure.error)
  return [...causes.values()].map(held => sentence(address, held, pending)).join(' ')
}

function sentence(address: string | null, held: HeldRoute[], pending: number | undefined): string {
  const { error, status, finding } = held[0]!.outage.failure
  const { what, mend } = finding ?? failureFinding(status, error)
  const where = held.map(({ path }) => path).join(', ')
  const since = minuteOf(Math.min(...held.map(({ outage }) => outage.since)))
  const count =
    pending === undefined ? '' : ` (${pending} ${pending === 1 ? 'delivery' : 'deliveries'} waiting)`
  return `Laravel at ${address} ${what} on ${where} since ${since}${count}: ${mend}`
}
