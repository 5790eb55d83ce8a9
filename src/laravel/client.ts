import { createHash } from 'node:crypto'
import type { Logger } from 'pino'
import { type Clock, createTimeOfDay } from '../base/clock.ts'
import { GatewayError } from '../base/errors.ts'
import type { DeliveryKind } from '../ports/delivery-table.ts'
import type { Laravel, Offered } from '../ports/laravel.ts'
import { createActiveAnswerReader } from './active-answer.ts'
import { type Address, parseAddress } from './address.ts'
import { type Attempt, attemptOf, describeFailure, isAccepted } from './attempt.ts'
import { createHttpClient, type HttpRequest } from './http-client.ts'
import type { PairingCodePayload, QrPayload } from './payloads.ts'
import { createSign } from './signature.ts'

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
  /** Closes the connections; what is in flight fails. */
  close(): Promise<void>
}

/** Where each kind of delivery is posted to. */
export const ROUTES: Record<DeliveryKind, string> = {
  messages: '/messages',
  status: '/whatsapp/status',
  receipt: '/messages/status',
  events: '/whatsapp/events',
}

/** Everything that Laravel is asked and told: success is 2xx and nothing else, no redirect is followed, nothing of a body is logged. */
export function createLaravel(options: LaravelOptions): LaravelClient {
  const { token, clock, logger } = options
  const wall = options.wall ?? clock.now
  const address = options.url === null ? null : parseAddress(options.url)
  const sign = options.secrets.length === 0 ? null : createSign(options.secrets)
  const http = createHttpClient({ clock, timeoutMs: options.timeoutMs ?? 15_000 })
  const activeAnswers = createActiveAnswerReader()

  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'whatsapp-manager' }
  if (token !== null) headers.authorization = `Bearer ${token}`
  else if (address !== null && address.basic !== null) headers.authorization = address.basic

  function signed(
    { origin, path }: Address,
    route: string,
    webhookId: string,
    payload: object,
    signal?: AbortSignal,
    more?: Record<string, string>,
  ): HttpRequest {
    const body = JSON.stringify(payload)
    const timestamp = Math.floor(wall() / 1000)
    return {
      method: 'POST',
      origin,
      path: `${path}${route}`,
      headers: {
        ...more,
        ...headers,
        'content-type': 'application/json',
        'webhook-id': webhookId,
        'webhook-timestamp': String(timestamp),
        ...(sign === null ? {} : { 'webhook-signature': sign(webhookId, timestamp, body) }),
      },
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
    if (isAccepted(answer)) return
    throw new GatewayError('LARAVEL_UNREACHABLE', `Laravel did not take ${what}: ${describeFailure(answer)}`)
  }

  return {
    address: address?.base ?? null,

    async askActive(sessionId, signal) {
      if (address === null) return { said: 'active', why: null }
      const wasWrong = activeAnswers.wrongAddress()
      const { origin } = address
      const path = `${address.path}/whatsapp/status/${encodeURIComponent(sessionId)}`
      const answer = activeAnswers.read(
        sessionId,
        await http.send({ method: 'GET', origin, path, headers, signal }),
      )
      if (!wasWrong && activeAnswers.wrongAddress())
        logger.error(
          { address: address.base },
          'laravel answers 404 for every session: is LARAVEL_URL right?',
        )
      return answer
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
      return attemptOf(
        await http.post(signed(address, ROUTES[kind], webhookId, payload, signal, more)),
        clock.now(),
        wall(),
      )
    },

    health() {
      if (address === null || !activeAnswers.wrongAddress()) return { ok: true, problem: null }
      const problem = `LARAVEL_URL ${address.base} answers 404 for every session: it is probably a wrong address, which for most applications ends in /api`
      return { ok: false, problem }
    },

    close: () => http.close(),
  }
}

const namesOf = ({ sessionId, userId, seq }: Offered) => ({ session_id: sessionId, user_id: userId, seq })
