import { LARAVEL_CAUSES, type LaravelCause } from '../../machines/facts.ts'
import { GatewayError } from '../base/errors.ts'
import type { LinkSecret } from './qr-vault.ts'
import type { SessionOwner } from './session-table.ts'

export { LARAVEL_CAUSES, type LaravelCause } from '../../machines/facts.ts'

/** What a session asks of Laravel and shows to it at once; what must arrive later goes through the deliveries table. */
export interface Laravel {
  /** `GET /whatsapp/status/{id}`. Never rejects; without LARAVEL_URL the answer is `active`. */
  askActive(sessionId: string, signal: AbortSignal): Promise<ActiveAnswer>
  /** One `POST /qr`; rejects when Laravel did not take it, `faultIn` says why. Without LARAVEL_URL it resolves at once. */
  publishQr(of: Offered, qr: { text: string; expiresAt: number }, signal: AbortSignal): Promise<void>
  /** One `POST /pairing-code`, in the same way. */
  publishPairingCode(of: Offered, code: LinkSecret, signal: AbortSignal): Promise<void>
}

/** The session that a QR or a code links, and the seq of the fact that offered it. */
export interface Offered extends SessionOwner {
  sessionId: string
  seq: number
}

/** What existing applications (LARAVEL_CONTRACT=legacy) are told messages under; a secret. */
export interface WebhookTokens {
  remember(sessionId: string, token: string): void
}

/** Whether Laravel counts a session as active; `fault` is why an answer is `unknown`, unless nobody waited for it. */
export interface ActiveAnswer {
  said: 'active' | 'inactive' | 'missing' | 'unknown'
  fault: LaravelFault | null
}

/** What is wrong with one route of Laravel, in our own words: nothing of a body stands in it. */
export interface LaravelFault {
  cause: LaravelCause
  /** Such as `GET /whatsapp/status/{id}`. */
  route: string
  /** Null: there was no answer. */
  status: number | null
  /** Since when this route has failed for this cause, in ms. */
  since: number
  /** One sentence: who answered what on which route, since when, and what mends it. */
  message: string
}

/** Laravel did not take `what`. */
export const notTaken = (what: string, fault: LaravelFault | null): GatewayError =>
  new GatewayError(
    'LARAVEL_UNREACHABLE',
    `Laravel did not take ${what}${fault ? `: ${fault.message}` : '.'}`,
    {
      ...(fault && { cause: fault }),
    },
  )

/** The fault that an error of a publication tells of; null if it tells of none. */
export function faultIn(error: unknown): LaravelFault | null {
  const cause = error instanceof GatewayError ? (error.cause as Partial<LaravelFault> | undefined) : undefined
  return LARAVEL_CAUSES.some(known => known === cause?.cause) ? (cause as LaravelFault) : null
}
