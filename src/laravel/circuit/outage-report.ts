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
export function outageReport(address: string | null, routes: HeldRoute[], pending: number): string {
  const causes = Map.groupBy(routes, ({ outage }) => outage.failure.error)
  return [...causes.values()].map(held => sentence(address, held, pending)).join(' ')
}

function sentence(address: string | null, held: HeldRoute[], pending: number): string {
  const { error, status } = held[0]!.outage.failure
  const what = status === null ? `has not answered (${error})` : `has answered ${status}`
  const where = held.map(({ path }) => path).join(', ')
  const since = new Date(Math.min(...held.map(({ outage }) => outage.since)))
  const time = `${since.toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const count = `${pending} ${pending === 1 ? 'delivery' : 'deliveries'} waiting`
  const advice =
    status === null ? ': check that it runs, and that LARAVEL_URL leads to it' : adviceFor(status)
  return `Laravel at ${address} ${what} on ${where} since ${time} (${count})${advice}`
}

function adviceFor(status: number): string {
  switch (status) {
    case 401:
    case 403:
      return ': check LARAVEL_TOKEN and LARAVEL_WEBHOOK_SECRET'
    case 404:
    case 405:
    case 410:
      return ': check LARAVEL_URL and the routes in routes/api.php'
    case 419:
      return ': the routes belong into routes/api.php'
    case 429:
      return ': raise the limit of its throttle for this address'
    case 503:
      return ': it is in maintenance or overloaded; nothing is lost, all of it goes out when it is back'
    default:
      return status >= 300 && status < 400
        ? ': LARAVEL_URL must be the final address'
        : ': its log says why (storage/logs/laravel.log)'
  }
}
