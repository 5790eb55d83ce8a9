import { randomBytes } from 'node:crypto'
import type { Check } from '../../ports/laravel-check.ts'
import type { Finding } from '../answers/finding.ts'
import { type HttpResult, parseJson } from '../exchange.ts'
import { type Credentials, createRequestHeaders } from '../request-headers.ts'
import type { Ask } from './ask.ts'

interface Options extends Credentials {
  ask: Ask
  /** The question's. */
  path: string
  /** The answer under the right ones, and what was wrong with it. */
  result: HttpResult
  finding: Finding | null
  wall: () => number
  tryWrongOnes: boolean
}

/** Whether Laravel takes our token and signature, and nobody else's. */
export async function checkCredentials(options: Options): Promise<Check[]> {
  const { token, secrets, basic, finding, tryWrongOnes } = options
  if (finding?.cause === 'unauthorized') return [refused(options, finding)]
  if (token === null && secrets.length === 0 && basic === null) return [nobodyIsAsked()]
  if (finding !== null || !tryWrongOnes) return []
  const wrong = randomBytes(24).toString('hex')
  const askAs = async (credentials: Credentials): Promise<HttpResult> => {
    const id = `check-${randomBytes(8).toString('hex')}`
    const headers = createRequestHeaders(credentials, options.wall).signed(id, '')
    return (await options.ask('GET', options.path, headers)).result
  }
  const checks: Check[] = []
  if (token !== null) {
    const answer = await askAs({ token: wrong, secrets, basic })
    checks.push(isRefusal(answer) ? taken('token', answer) : anyIsTaken('token', answer))
  }
  if (secrets.length > 0) {
    const answer = await askAs({ token, secrets: [wrong], basic })
    checks.push(isRefusal(answer) ? taken('signature', answer) : notSaid(answer))
  }
  return checks
}

const isRefusal = ({ status }: HttpResult) => status === 401 || status === 403

const CLEAR = 'after a change of its .env: php artisan config:clear'

/** What the package says of whom it refuses, and what mends it; another application's middleware says nothing. */
const REFUSALS: Record<string, { subject: string; message: string; mend: string }> = {
  token: {
    subject: 'token',
    message: 'Laravel expects another one',
    mend: `LARAVEL_TOKEN here must be WHATSAPP_MANAGER_TOKEN there; ${CLEAR}`,
  },
  signature: {
    subject: 'signature',
    message: 'Laravel expects that of another secret',
    mend: `LARAVEL_WEBHOOK_SECRET here must be WHATSAPP_WEBHOOK_SECRET there; ${CLEAR}`,
  },
  clock: {
    subject: 'clock',
    message: 'Laravel has another time than this machine',
    mend: 'let both machines set their clocks (NTP)',
  },
  unset: {
    subject: 'token',
    message: 'Laravel has neither WHATSAPP_WEBHOOK_SECRET nor WHATSAPP_MANAGER_TOKEN',
    mend: `php artisan whatsapp:install shows the lines for both .env files; ${CLEAR}`,
  },
}

function saidBy({ body }: { body?: string }): (typeof REFUSALS)[string] | undefined {
  const said = parseJson(body ?? '')
  const reason = typeof said === 'object' && said !== null ? (said as { reason?: unknown }).reason : null
  return typeof reason === 'string' && Object.hasOwn(REFUSALS, reason) ? REFUSALS[reason] : undefined
}

const refused = ({ token, secrets, result }: Options, { what, status }: Finding): Check => {
  const said = result.status === null ? undefined : saidBy(result)
  if (said !== undefined) return { ...said, result: 'failed', status }
  const ours = [
    ...(token === null ? [] : ['LARAVEL_TOKEN']),
    ...(secrets.length === 0 ? [] : ['LARAVEL_WEBHOOK_SECRET']),
  ]
  const mend =
    ours.length === 0
      ? 'set LARAVEL_TOKEN here to the token that its middleware expects'
      : `${ours.join(' and ')} here must be what its middleware expects; ${CLEAR}`
  return {
    subject: token === null && secrets.length > 0 ? 'signature' : 'token',
    result: 'failed',
    status,
    message: `Laravel ${what}`,
    mend,
  }
}

const taken = (subject: string, { status }: HttpResult): Check => ({
  subject,
  result: 'passed',
  status,
  message: 'ours is taken, a wrong one is refused',
  mend: null,
})

const anyIsTaken = (subject: string, { status }: HttpResult): Check => ({
  subject,
  result: 'warning',
  status,
  message: 'a wrong one is taken as well: anybody who knows the address can write into your tables',
  mend: 'put the middleware that compares the token before the routes (README, Laravel in five minutes)',
})

const notSaid = ({ status }: HttpResult): Check => ({
  subject: 'signature',
  result: 'unclear',
  status,
  message: 'this route does not look at it: the first delivery will tell whether the secrets are the same',
  mend: null,
})

const nobodyIsAsked = (): Check => ({
  subject: 'token',
  result: 'warning',
  status: null,
  message:
    'neither LARAVEL_TOKEN nor LARAVEL_WEBHOOK_SECRET is set: Laravel cannot know that it is this manager who writes',
  mend: 'set one of them here, and have its middleware compare it (README, Laravel in five minutes)',
})
