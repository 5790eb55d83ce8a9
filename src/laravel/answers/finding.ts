import type { LaravelCause } from '../../ports/laravel.ts'
import type { HttpResult } from '../exchange.ts'
import { knowsNoRow } from './not-found.ts'

/** What is wrong with an answer, and what mends it; in our own words alone. */
export interface Finding {
  cause: LaravelCause
  status: number | null
  /** `has answered 401`, `has not answered (ECONNREFUSED)`. */
  what: string
  /** What somebody can do, without a full stop. */
  mend: string
  /** It stands until the route answers otherwise, however long nobody asks: something was lost by it. */
  lasts?: true
}

const NETWORK: [RegExp, LaravelCause][] = [
  [/^timeout|TIMEOUT$/, 'timeout'],
  [/^(?:ENOTFOUND|EAI_AGAIN)$/, 'unknown_host'],
  // OpenSSL's names of what is wrong with a chain, as Node gives them, and Node's own for a name that does not fit.
  [/CERT|SELF_SIGNED|UNABLE_TO_|^ERR_TLS_CERT/, 'certificate'],
  [/^ERR_SSL_|^EPROTO$/, 'no_tls'],
]

const STATUS: Record<number, LaravelCause> = {
  401: 'unauthorized',
  403: 'unauthorized',
  404: 'no_route',
  405: 'no_route',
  410: 'no_route',
  419: 'csrf',
  429: 'throttled',
  503: 'maintenance',
}

const MENDS: Record<LaravelCause, string> = {
  unreachable: 'check that it runs, and that LARAVEL_URL leads to it',
  unknown_host: 'nobody here knows the host of LARAVEL_URL: check how it is spelled',
  timeout:
    'check that it runs; a route that works for longer than LARAVEL_TIMEOUT_MS has to store what it gets, dispatch a job, and answer at once',
  certificate:
    'its certificate is not trusted here: give it one of a known authority, or name your own in NODE_EXTRA_CA_CERTS',
  no_tls: 'this port speaks no TLS: LARAVEL_URL must begin with http://',
  redirect: 'LARAVEL_URL must be the final address',
  unauthorized: 'check LARAVEL_TOKEN and LARAVEL_WEBHOOK_SECRET: they must be those that Laravel expects',
  wrong_address:
    'it has no such route: LARAVEL_URL is the base of the routes, which mostly ends in /api, or in /whatsapp with the package',
  no_route: 'check LARAVEL_URL and the routes in routes/api.php',
  no_row: 'it does not know this session: its row must be there before /start is called',
  csrf: 'the routes belong into routes/api.php, not into routes/web.php',
  throttled: 'raise the limit of its throttle for this address, or take the throttle off these routes',
  maintenance:
    'it is in maintenance or overloaded; nothing is lost, all of it goes out when it is back (php artisan up)',
  server_error: 'its log says why (storage/logs/laravel.log)',
  not_json:
    'it answers with something other than JSON: LARAVEL_URL leads to a page, not to the base of the routes, which mostly ends in /api, or in /whatsapp with the package',
  unknown_word: 'it must answer {"estado_qr": …} with pending, active or inactive',
  refused: 'its log says why (storage/logs/laravel.log)',
}

/** What is wrong with an answer that is no 2xx; null for a 2xx, and for what we ended ourselves. */
export function findingOf(result: HttpResult): Finding | null {
  if (result.status === null) return result.failure === 'aborted' ? null : failureFinding(null, result.detail)
  if (result.status >= 200 && result.status < 300) return null
  if (knowsNoRow(result)) return finding('no_row', result.status)
  const found = failureFinding(result.status, '')
  if (found.cause !== 'redirect') return found
  return { ...found, mend: mendOfRedirect(result.headers.location?.toString()) }
}

/** The same from what is stored of a failure: a status, or the system's code where there was no answer. */
export function failureFinding(status: number | null, detail: string): Finding {
  return finding(causeOf(status, detail), status, detail)
}

/**
 * The same from a row: `HTTP 500`, or the system's code; null for what is no failure of Laravel's. Of a route that `works` a 404 is about
 * what was delivered.
 */
export function storedFinding(error: string, works: boolean): Finding | null {
  const status = /^HTTP (\d{3})$/.exec(error)?.[1]
  if (status === '404' && works) return finding('no_row', 404)
  if (status !== undefined) return failureFinding(Number(status), error)
  return /^(?:[A-Z][A-Z0-9_]+|timeout\b.*|network error)$/.test(error) ? failureFinding(null, error) : null
}

/** A finding that the status alone does not tell. */
export function finding(cause: LaravelCause, status: number | null, detail = ''): Finding {
  const what = status === null ? `has not answered (${detail})` : `has answered ${status}`
  return { cause, status, what, mend: MENDS[cause] }
}

function causeOf(status: number | null, detail: string): LaravelCause {
  if (status === null) return NETWORK.find(([code]) => code.test(detail))?.[1] ?? 'unreachable'
  const known = STATUS[status]
  if (known !== undefined) return known
  if (status >= 300 && status < 400) return 'redirect'
  return status >= 500 ? 'server_error' : 'refused'
}

/** To which host it leads; the rest is not repeated: an address may hold a secret. */
function mendOfRedirect(location = ''): string {
  if (/\/login\/?(?:[?#]|$)/.test(location))
    return "it leads to a login: these routes need no user, only a middleware that checks the manager's token"
  if (location === '') return MENDS.redirect
  if (!URL.canParse(location)) return `${MENDS.redirect}: it leads to another path of that host`
  const { origin, protocol } = new URL(location)
  const begins = protocol === 'https:' ? ', so LARAVEL_URL must begin with that' : ''
  return `${MENDS.redirect}: it leads to ${origin}${begins}`
}

/** `2026-01-01 12:03 UTC`. */
export const minuteOf = (at: number): string =>
  `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
