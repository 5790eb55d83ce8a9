import { createHash, randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { type Clock, createTimeOfDay } from '../base/clock.ts'
import type { DeliveryKind } from '../ports/delivery-table.ts'
import { type Laravel, notTaken, type Offered } from '../ports/laravel.ts'
import { type Address, parseAddress } from './address.ts'
import { createActiveAnswerReader } from './answers/active-answer.ts'
import { createFaults, type Faults } from './answers/faults.ts'
import { findingOf } from './answers/finding.ts'
import { pageFinding } from './answers/page-finding.ts'
import { type Attempt, attemptOf, pageThatTook } from './attempt.ts'
import { createHttpClient, type HttpRequest } from './http-client.ts'
import type { PairingCodePayload, QrPayload } from './payloads.ts'
import { createRequestHeaders } from './request-headers.ts'

export interface LaravelOptions {
  /** Base of all routes, for example `http://app.test/api`; null: there is no Laravel. */
  url: string | null
  token: string | null
  /** One secret, or two while rotating; none: deliveries are not signed. */
  secrets: string[]
  clock: Clock
  /** The time of day for dates that Laravel compares with its own; the clock's if not given. */
  wall?: () => number
  /** Turns a time of the clock into the one on the wall, which others are told. */
  timeOfDay?: (at: number) => number
  logger: Logger
  /** For a request and its whole answer; 15 s if not given. */
  timeoutMs?: number
}

export interface LaravelClient extends Laravel {
  /** LARAVEL_URL without credentials, for people; null without a Laravel. */
  readonly address: string | null
  /** One attempt, signed under a `webhook-id` that stays the same for all attempts; `more`: headers beside ours. Never rejects. */
  deliver(
    kind: DeliveryKind,
    webhookId: string,
    payload: Record<string, unknown>,
    signal?: AbortSignal,
    more?: Record<string, string>,
  ): Promise<Attempt>
  /** Not ok while LARAVEL_URL seems to be a wrong address. */
  health(): { ok: boolean; problem: string | null }
  /** What is wrong with the routes that sessions ask at once. */
  readonly faults: Pick<Faults, 'note' | 'all'>
  /** Closes the connections; what is in flight fails. */
  close(): Promise<void>
}

export const QUESTION = 'GET /whatsapp/status/{id}'

/** Where each kind of delivery is posted to. */
export const ROUTES: Record<DeliveryKind, string> = {
  messages: '/messages',
  status: '/whatsapp/status',
  receipt: '/messages/status',
  events: '/whatsapp/events',
}

/** Everything that Laravel is asked and told: success is 2xx and nothing else, no redirect is followed, nothing of a body is logged. */
export function createLaravel(options: LaravelOptions): LaravelClient {
  const { token, secrets, clock, logger } = options
  const wall = options.wall ?? clock.now
  const address = options.url === null ? null : parseAddress(options.url)
  const http = createHttpClient({ clock, timeoutMs: options.timeoutMs ?? 15_000 })
  const faults = createFaults({ clock, logger, address: address?.base ?? null })
  const activeAnswers = createActiveAnswerReader()

  const headers = createRequestHeaders({ token, secrets, basic: address?.basic ?? null }, wall)

  function signed(
    { origin, path }: Address,
    route: string,
    webhookId: string,
    payload: object,
    signal?: AbortSignal,
    more?: Record<string, string>,
  ): HttpRequest {
    const body = JSON.stringify(payload)
    return {
      method: 'POST',
      origin,
      path: `${path}${route}`,
      headers: { ...more, ...headers.signed(webhookId, body), 'content-type': 'application/json' },
      body,
      signal,
    }
  }

  /** What expires is told by the clock on the wall. */
  const { timeOfDay = createTimeOfDay(clock.now, wall) } = options
  const onTheWall = (at: number) => new Date(timeOfDay(at)).toISOString()

  /** Once; rejects when Laravel did not take it. */
  async function postOnce(
    what: string,
    path: string,
    webhookId: string,
    payload: object,
    signal: AbortSignal,
  ): Promise<void> {
    if (address === null) return
    const answer = await http.send(signed(address, path, webhookId, payload, signal))
    if (answer.status === null && answer.failure === 'aborted') throw notTaken(what, null)
    const refusal = findingOf(answer)
    const fault = faults.note(`POST ${path}`, refusal ?? pageFinding(answer))
    if (refusal !== null) throw notTaken(what, fault)
    faults.answered()
  }

  return {
    address: address?.base ?? null,

    async askActive(sessionId, signal) {
      if (address === null) return { said: 'active', fault: null }
      const { origin } = address
      const path = `${address.path}/whatsapp/status/${encodeURIComponent(sessionId)}`
      const ask = (method: 'GET' | 'OPTIONS', headers: Record<string, string>) =>
        http.send({ method, origin, path, headers, signal })
      const answer = await ask('GET', headers.signed(`question.${randomUUID()}`, ''))
      // Laravel's router answers OPTIONS for each route that it has, and no handler hears of it.
      const hasRoute = async () => (await ask('OPTIONS', headers.plain)).status !== 404
      const { said, finding } = await activeAnswers.read(sessionId, answer, hasRoute)
      if (answer.status === null && answer.failure === 'aborted') return { said, fault: null }
      const fault = faults.note(QUESTION, finding)
      if (fault === null) faults.answered()
      return { said, fault }
    },

    async publishQr(of, qr, signal) {
      const { metadata } = of
      const expires_at = onTheWall(qr.expiresAt)
      const payload: QrPayload = { ...namesOf(of), qr: qr.text, expires_at, metadata }
      // A QR holds 256 random bits: its hash names it and gives nothing away.
      const webhookId = `qr.${createHash('sha256').update(qr.text).digest('hex').slice(0, 32)}`
      return postOnce('the QR', '/qr', webhookId, payload, signal)
    },

    async publishPairingCode(of, code, signal) {
      const { metadata } = of
      const expires_at = onTheWall(code.expiresAt)
      const payload: PairingCodePayload = { ...namesOf(of), code: code.text, expires_at, metadata }
      // A code is short: its hash would give it away, so it has a name that was drawn for it.
      return postOnce('the pairing code', '/pairing-code', `code.${code.hash.slice(0, 32)}`, payload, signal)
    },

    async deliver(kind, webhookId, payload, signal, more) {
      if (address === null) return { result: 'aborted' }
      const answer = await http.post(signed(address, ROUTES[kind], webhookId, payload, signal, more))
      const attempt = attemptOf(answer, clock.now(), wall())
      if (attempt.result === 'accepted') {
        faults.answered()
        faults.note(`POST ${ROUTES[kind]}`, pageThatTook(kind, answer))
      }
      return attempt
    },

    faults,

    health() {
      if (address === null || !activeAnswers.wrongAddress()) return { ok: true, problem: null }
      const problem = `LARAVEL_URL ${address.base} answers 404 for every session: it is probably a wrong address, which for most applications ends in /api`
      return { ok: false, problem }
    },

    close: () => http.close(),
  }
}

const namesOf = ({ sessionId, userId, seq }: Offered) => ({ session_id: sessionId, user_id: userId, seq })
