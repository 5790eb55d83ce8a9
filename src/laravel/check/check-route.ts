import type { Check } from '../../ports/laravel-check.ts'
import type { HttpResult } from '../exchange.ts'

/** A route that deliveries go to. */
export interface WantedRoute {
  path: string
  /** Without it the check fails. */
  needed: boolean
  /** Who needs it, if not everybody. */
  only?: string
}

/** Whether Laravel has a route, from its router's answer to OPTIONS; `tells`: it does answer that for a route that it has. */
export function checkRoute({ path, needed, only }: WantedRoute, result: HttpResult, tells: boolean): Check {
  const subject = `POST ${path}`
  const { status } = result
  const hint = only === undefined ? '' : ` (${only})`
  const mend = `add Route::post('${path}', …) beside the others in routes/api.php, or with the package php artisan route:clear${hint}`
  if (status === 404 && tells)
    return { subject, result: needed ? 'failed' : 'warning', status, message: 'there is no such route', mend }
  const methods = status === 404 ? null : allowed(result)
  if (methods === null) {
    const message = status === null ? 'did not answer' : 'does not say whether the route is there'
    return {
      subject,
      result: 'unclear',
      status,
      message: `${message}: the first delivery will tell`,
      mend: null,
    }
  }
  if (methods.includes('POST'))
    return { subject, result: 'passed', status, message: 'the route is there', mend: null }
  const message = `the route takes ${methods.join(', ') || 'nothing'}, not POST`
  return { subject, result: needed ? 'failed' : 'warning', status, message, mend }
}

/** The methods of a route; null where the answer does not name them. */
function allowed(result: HttpResult): string[] | null {
  if (result.status === null) return null
  const header = result.headers.allow?.toString()
  if (header === undefined) return null
  return header
    .split(',')
    .map(method => method.trim().toUpperCase())
    .filter(method => method !== '')
}
