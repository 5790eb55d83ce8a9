import type { DeliveryRow } from './delivery-table.ts'
import type { LinkSecret } from './qr-vault.ts'

/** Why an answer is `unknown`, for the operator. */
export interface ActiveAnswer {
  said: 'active' | 'inactive' | 'missing' | 'unknown'
  why: string | null
}

export interface Laravel {
  /** `GET /whatsapp/status/{id}`. Never rejects; without LARAVEL_URL the answer is `active`. */
  askActive(sessionId: string, signal: AbortSignal): Promise<ActiveAnswer>
  /** One `POST /qr`; rejects when Laravel did not take it. Without LARAVEL_URL it resolves at once. */
  publishQr(sessionId: string, qr: { text: string; expiresAt: number }, signal: AbortSignal): Promise<void>
  /** One `POST /pairing-code`, in the same way. */
  publishPairingCode(sessionId: string, code: LinkSecret, signal: AbortSignal): Promise<void>
}

/** Delivers what the deliveries table holds; waking a lane twice does no harm. */
export interface Deliveries {
  wake(lane: string): void
  /** Starts draining: wakes every lane with something pending. */
  start(): void
  /** Waits for attempts in flight, at most `ms`; what is pending stays in the table. */
  stop(ms: number): Promise<void>
  health(): { ok: boolean; problem: string | null }
}

/** What HTTP can ask of the dead letters. */
export interface DeadLetters {
  /** Newest first; `before` is an exclusive delivery id. `count` is all there are. */
  list(limit: number, before?: number): { count: number; rows: DeliveryRow[] }
  /** Stands in line again, durably; nothing changes if it never died. Rejects with DELIVERY_NOT_FOUND. */
  redrive(id: number): Promise<void>
}
