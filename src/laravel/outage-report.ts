import type { Outage } from './circuit-breaker.ts'

/** One sentence for the operator while Laravel takes no deliveries: since when, how many wait, and what can be done about it. */
export function outageReport(address: string | null, outage: Outage, pending: number): string {
  const { error, status } = outage.failure
  const what = status === null ? `has not answered (${error})` : `has answered ${status}`
  const since = `${new Date(outage.since).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const count = `${pending} ${pending === 1 ? 'delivery' : 'deliveries'} waiting`
  const advice = status === null ? '' : adviceFor(status)
  return `Laravel at ${address} ${what} since ${since} (${count})${advice}`
}

function adviceFor(status: number): string {
  if (status === 401 || status === 403) return ': check LARAVEL_TOKEN and LARAVEL_WEBHOOK_SECRET'
  if (status === 419) return ': the routes belong into routes/api.php'
  if (status >= 300 && status < 400) return ': LARAVEL_URL must be the final address'
  return ''
}
