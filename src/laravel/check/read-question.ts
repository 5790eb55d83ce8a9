import type { ActiveAnswer, LaravelCause } from '../../ports/laravel.ts'
import type { Check } from '../../ports/laravel-check.ts'
import type { Finding } from '../answers/finding.ts'
import { QUESTION } from '../client.ts'
import type { HttpResult } from '../exchange.ts'

/** With these nothing else of Laravel is reached. */
const OF_THE_ADDRESS: readonly LaravelCause[] = [
  'unreachable',
  'unknown_host',
  'timeout',
  'certificate',
  'no_tls',
  'redirect',
  'wrong_address',
  'not_json',
  'maintenance',
]

/** Whether asking any further would tell nothing. */
export const hasNoUse = (finding: Finding | null): boolean =>
  finding !== null && OF_THE_ADDRESS.includes(finding.cause)

/** What the answer to the question says of the address, of the question's route, and of where the routes stand. */
export function readQuestion({
  origin,
  result,
  ms,
  said,
  finding,
}: {
  origin: string
  result: HttpResult
  ms: number
  said: ActiveAnswer['said']
  finding: Finding | null
}): Check[] {
  const { status } = result
  if (finding !== null && hasNoUse(finding)) return [failed('address', finding)]
  const address: Check = {
    subject: 'address',
    result: 'passed',
    status,
    message: `answers in ${ms} ms${origin.startsWith('https:') ? ', and its certificate is trusted' : ''}`,
    mend: null,
  }
  const web = setsBrowserCookies(result) ? [inWebRoutes(status)] : []
  if (finding?.cause === 'unauthorized') return [address, ...web]
  if (finding !== null) return [address, failed(QUESTION, finding), ...web]
  const message =
    said === 'missing'
      ? 'does not know a session that was made up for this check, as it should be'
      : `says that a session is ${said} which was made up for this check`
  return [address, { subject: QUESTION, result: 'passed', status, message, mend: null }, ...web]
}

const failed = (subject: string, { what, mend, status }: Finding): Check => ({
  subject,
  result: 'failed',
  status,
  message: `Laravel ${what}`,
  mend,
})

/** What the middleware of routes/web.php sets, and no API needs. */
const setsBrowserCookies = (result: HttpResult): boolean =>
  result.status !== null &&
  [result.headers['set-cookie'] ?? []].flat().some(cookie => /^(?:XSRF-TOKEN|\w+_session)=/.test(cookie))

const inWebRoutes = (status: number | null): Check => ({
  subject: 'routes/api.php',
  result: 'failed',
  status,
  message:
    'the route stands in routes/web.php: it sets the cookies of a browser, and will answer 419 to each POST',
  mend: 'move the routes of the manager into routes/api.php (from Laravel 11 on, php artisan install:api makes it)',
})
