import { randomUUID } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { CheckReport, LaravelCheck } from '../../ports/laravel-check.ts'
import { parseAddress } from '../address.ts'
import { createActiveAnswerReader } from '../answers/active-answer.ts'
import type { Finding } from '../answers/finding.ts'
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
    const ask: Ask = async (method, path, headers) => {
      const from = clock.now()
      const result = await http.post({
        method,
        origin,
        path: `${base}${path}`,
        headers,
        signal: ended.signal,
      })
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
      const { said, finding } = await createActiveAnswerReader().read(id, result, async () => tells)
      options.onQuestion?.(finding)
      const checks = readQuestion({ origin, result, ms, said, finding })
      if (hasNoUse(finding)) return reportOf(address.base, checks)
      const credentials = { token, secrets, basic: address.basic }
      const others = await Promise.all([
        options.contract === 'legacy'
          ? []
          : checkCredentials({ ...credentials, ask, path, finding, wall: options.wall, tryWrongOnes }),
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
      mend: 'set LARAVEL_URL to the base of your API, such as http://app.test/api',
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
