import { randomUUID } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { CheckReport, LaravelCheck } from '../../ports/laravel-check.ts'
import { parseAddress } from '../address.ts'
import { createActiveAnswerReader } from '../answers/active-answer.ts'
import { type Finding, failureFinding } from '../answers/finding.ts'
import type { HttpResult } from '../exchange.ts'
import { createHttpClient } from '../http-client.ts'
import { createRequestHeaders } from '../request-headers.ts'
import type { Ask } from './ask.ts'
import { checkCredentials } from './check-credentials.ts'
import { checkRoute, type WantedRoute } from './check-route.ts'
import { hasNoUse, readQuestion } from './read-question.ts'

/** Whoever asks waits for two of them. */
const LONGEST_MS = 15_000

export interface CheckOptions {
  url: string | null
  token: string | null
  secrets: string[]
  /** `legacy` has another route for messages, and asks for neither token nor signature. */
  contract: 'messages' | 'legacy'
  messageStatus: boolean
  events: readonly string[]
  timeoutMs: number
  clock: Clock
  /** The time of day, in ms. */
  wall: () => number
  /** Hears how the question was answered; null: as it should be. */
  onQuestion?: (finding: Finding | null) => void
}

/**
 * Nothing is delivered. The question is asked about a session that was made up a moment ago, so that no row is touched; of the other
 * routes Laravel's router is asked by OPTIONS, which it answers itself with the methods of the route, without middleware and handler.
 */
export function createLaravelCheck(options: CheckOptions): LaravelCheck & { stop(): Promise<void> } {
  const { url, clock } = options
  const address = url === null ? null : parseAddress(url)
  const ended = new AbortController()
  const running = new Map<string, Promise<CheckReport>>()

  async function check(tryWrongOnes: boolean): Promise<CheckReport> {
    if (address === null) return alone()
    const { origin, path: base } = address
    const http = createHttpClient({ clock, timeoutMs: Math.min(options.timeoutMs, LONGEST_MS) })
    const askAt = (origin: string, method: 'GET' | 'OPTIONS', path: string, headers = {}) =>
      http.post({ method, origin, path: `${base}${path}`, headers, signal: ended.signal })
    const ask: Ask = async (method, path, headers) => {
      const from = clock.now()
      const result = await askAt(origin, method, path, headers)
      return { result, ms: clock.now() - from }
    }
    const { token, secrets } = options
    const headers = createRequestHeaders({ token, secrets, basic: address.basic }, options.wall)
    try {
      const id = `check-${randomUUID()}`
      const path = `/whatsapp/status/${id}`
      const { result, ms } = await ask('GET', path, headers.signed(id, ''))
      const routeOf = async (path: string) => (await ask('OPTIONS', path, headers.plain)).result
      const known = result.status === null ? null : await routeOf(path)
      if (ended.signal.aborted) return reportOf(address.base, [])
      const tells = known !== null && known.status !== null && known.status !== 404
      const read = await createActiveAnswerReader().read(id, result, async () => tells)
      const { said } = read
      const finding = (await otherScheme(read.finding, origin, askAt)) ?? read.finding
      options.onQuestion?.(finding)
      const checks = readQuestion({ origin, result, ms, said, finding })
      if (hasNoUse(finding)) return reportOf(address.base, checks)
      const credentials = { token, secrets, basic: address.basic }
      const others = await Promise.all([
        options.contract === 'legacy'
          ? []
          : checkCredentials({
              ...credentials,
              ask,
              path,
              result,
              finding,
              wall: options.wall,
              tryWrongOnes,
            }),
        ...wantedRoutes(options).map(async route => [
          checkRoute(route, await routeOf(encodeURI(route.path)), tells),
        ]),
      ])
      return reportOf(address.base, [...checks, ...others.flat()])
    } finally {
      await http.close()
    }
  }

  return {
    run(how) {
      const now = running.get(how)
      if (now !== undefined) return now
      const begun = check(how === 'thorough').finally(() => running.delete(how))
      running.set(how, begun)
      return begun
    },

    /** What is on its way ends. */
    async stop() {
      ended.abort()
      await Promise.all(running.values())
    },
  }
}

/** A port that breaks off may speak TLS where none is asked for, or none where it is. */
async function otherScheme(
  found: Finding | null,
  origin: string,
  askAt: (origin: string, method: 'OPTIONS', path: string) => Promise<HttpResult>,
): Promise<Finding | null> {
  if (found?.cause !== 'unreachable' || !/ECONNRESET|SOCKET/.test(found.what)) return null
  const [from, to] = origin.startsWith('https:') ? ['https:', 'http:'] : ['http:', 'https:']
  const answer = await askAt(origin.replace(from, to), 'OPTIONS', '')
  const isThere = answer.status !== null || failureFinding(null, answer.detail).cause === 'certificate'
  return isThere
    ? { ...found, mend: `that port speaks ${to.slice(0, -1)}: LARAVEL_URL must begin with ${to}//` }
    : null
}

const reportOf = (address: string, checks: CheckReport['checks']): CheckReport => ({
  ok: checks.length > 0 && !checks.some(({ result }) => result === 'failed'),
  address,
  checks,
})

const alone = (): CheckReport => ({
  ok: false,
  address: null,
  checks: [
    {
      subject: 'address',
      result: 'failed',
      status: null,
      message: 'LARAVEL_URL is empty: the manager works alone, and nobody hears of messages',
      mend: 'set LARAVEL_URL in .env to the base of the routes: http://app.test/whatsapp with the package, http://app.test/api without',
    },
  ],
})

function wantedRoutes({ contract, messageStatus, events }: CheckOptions): WantedRoute[] {
  return [
    { path: '/qr', needed: true },
    { path: '/whatsapp/status', needed: true },
    { path: contract === 'legacy' ? '/whatsapp-webhook/{webhook_token}' : '/messages', needed: true },
    { path: '/pairing-code', needed: false, only: 'sessions that are started with a phone_number need it' },
    ...(messageStatus
      ? [{ path: '/messages/status', needed: true, only: 'LARAVEL_MESSAGE_STATUS=true asks for it' }]
      : []),
    ...(events.length > 0
      ? [{ path: '/whatsapp/events', needed: true, only: 'LARAVEL_EVENTS asks for it' }]
      : []),
  ]
}
