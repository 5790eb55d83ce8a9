import type { EstadoQr } from '../../machines/facts.ts'
import type { Presence, SendContent } from '../messages/send.ts'
import type { MessageStatus } from '../messages/status.ts'
import type { StoredEvent } from './event-log.ts'
import type { MessageRow } from './message-table.ts'
import type { SessionFilter } from './session-table.ts'

export interface StartRequest {
  sessionId?: string
  userId: string | number
  /** Digits: a pairing code is wanted in place of a QR. */
  phoneNumber?: string
}

export interface SendOutcome {
  messageId: string
  status: MessageStatus
  remoteJid: string
  /** An earlier request with the same key had sent it. */
  replayed?: true
}

/** What HTTP can ask of the sessions; answers are given from what is committed. Rejects with GatewayError. */
export interface Sessions {
  start(request: StartRequest): Promise<SessionView>
  /**
   * Resolves with `sent` after WhatsApp's ack, or as it stands when `deadline` passes. With a key that stands for a send
   * already, as that one stands now; rejects with IDEMPOTENCY_MISMATCH or, while the first request waits, IDEMPOTENCY_IN_FLIGHT.
   */
  send(
    sessionId: string,
    content: SendContent,
    deadline: number,
    idempotencyKey?: string,
  ): Promise<SendOutcome>
  /**
   * Links this number (digits) by a pairing code; resolves once there is one. Rejects with STATE_FORBIDS if a phone is linked, with
   * PAIRING_CODE_NOT_AVAILABLE if WhatsApp gave none by `deadline`.
   */
  requestPairingCode(sessionId: string, phoneNumber: string, deadline: number): Promise<void>
  /** Whether a phone number (digits) is on WhatsApp. Rejects with SESSION_NOT_CONNECTED while the session is not open, as the next two do. */
  lookup(
    sessionId: string,
    phone: string,
  ): Promise<{ exists: boolean; jid: string | null; lid: string | null }>
  /** Marks received messages as read, all or none; rejects with MESSAGE_NOT_FOUND if one of the ids was never received. */
  markRead(sessionId: string, messageIds: string[]): Promise<void>
  /** What others see of the account: everybody, or in one chat. */
  showPresence(sessionId: string, kind: Presence, chatId?: string): Promise<void>
  /** Puts what was received between two seqs into deliveries again, under their first webhook ids; resolves with their number. */
  replay(sessionId: string, after: number, until: number): Promise<number>
  restart(sessionId: string): Promise<SessionView>
  /** `done` is false while the logout is still owed to WhatsApp; waits for it at most until `deadline`. */
  logout(sessionId: string, deadline: number): Promise<{ done: boolean; session: SessionView }>
  remove(sessionId: string, deadline: number): Promise<{ done: boolean }>
}

export interface Stats {
  sessions: {
    totalSessions: number
    activeSessions: number
    inactiveSessions: number
    /** Age in ms of the oldest session; 0 if none. */
    oldestSession: number
  }
  qr: { pendingQR: number; trackedSessions: number }
  byState: Record<string, number>
}

/** Reads for HTTP. Unknown sessions reject with SESSION_NOT_FOUND. */
export interface SessionQueries {
  get(sessionId: string): SessionView
  list(filter: SessionFilter): { count: number; sessions: SessionView[]; next: string | null }
  events(sessionId: string, after: number, limit: number): { events: StoredEvent[]; next: number | null }
  /** The session after the fact `seq`; `can` lists the events that were possible then. */
  at(
    sessionId: string,
    seq: number,
  ): { seq: number; at: number; state: string; context: Record<string, unknown>; can: string[] }
  message(sessionId: string, messageId: string): MessageRow
  stats(): Stats
}

/** Whether the service can do its work, for `/health/ready`. */
export interface Readiness {
  ready: boolean
  /** One sentence per problem. */
  problems: string[]
}

/** A session as the API shows it. */
export interface SessionView {
  session_id: string
  user_id: string | number
  state: 'starting' | 'awaitingQr' | 'open' | 'reconnecting' | 'loggedOut'
  detail: string | null
  estado_qr: EstadoQr
  wa_id: string | null
  lid: string | null
  push_name: string | null
  created_at: string
  last_activity: string
  attempts: number
  retry_at: string | null
  reason: string | null
  reason_text: string | null
  qr: { published_at: string | null; expires_at: string } | null
}
