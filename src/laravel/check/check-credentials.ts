import { randomBytes } from 'node:crypto'
import type { Check } from '../../ports/laravel-check.ts'
import type { Finding } from '../answers/finding.ts'
import type { HttpResult } from '../exchange.ts'
import { type Credentials, createRequestHeaders } from '../request-headers.ts'
import type { Ask } from './ask.ts'

interface Options extends Credentials {
  ask: Ask
  /** The question's. */
  path: string
  /** What was wrong with the question under the right ones. */
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

const refused = ({ token, secrets }: Options, { what, status }: Finding): Check => {
  const ours = [
    ...(token === null ? [] : ['LARAVEL_TOKEN']),
    ...(secrets.length === 0 ? [] : ['LARAVEL_WEBHOOK_SECRET']),
  ]
  const mend =
    ours.length === 0
      ? 'set LARAVEL_TOKEN here to the token that its middleware expects (services.whatsapp.token in README)'
      : `${ours.join(' and ')} here must be what its middleware expects; after a change of its .env: php artisan config:clear`
  return {
    subject: token === null && secrets.length > 0 ? 'signature' : 'token',
    result: 'failed',
    status,
    message: what,
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
