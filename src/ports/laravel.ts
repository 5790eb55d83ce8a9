import type { LinkSecret } from './qr-vault.ts'
import type { SessionOwner } from './session-table.ts'

/** What a session asks of Laravel and shows to it at once; what must arrive later goes through the deliveries table. */
export interface Laravel {
  /** `GET /whatsapp/status/{id}`. Never rejects; without LARAVEL_URL the answer is `active`. */
  askActive(sessionId: string, signal: AbortSignal): Promise<ActiveAnswer>
  /** One `POST /qr`; rejects when Laravel did not take it. Without LARAVEL_URL it resolves at once. */
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

/** Whether Laravel counts a session as active; `why` an answer is `unknown`, for the operator. */
export interface ActiveAnswer {
  said: 'active' | 'inactive' | 'missing' | 'unknown'
  why: string | null
}
