import type { EstadoQr } from '../../machines/facts.ts'
import type { Metadata } from '../messages/metadata.ts'
import type { ReceivedContent } from '../messages/received.ts'
import type { CallersOwn } from '../messages/send.ts'
import type { MessageStatus } from '../messages/status.ts'
import type { StoredEvent } from './event-log.ts'
import type { MessageRow } from './message-table.ts'
import type { SessionFilter, SessionOwner } from './session-table.ts'

/** What HTTP can read of the sessions, all of it committed, each answer of one life. Unknown sessions are refused with SESSION_NOT_FOUND. */
export interface SessionQueries {
  get(sessionId: string): Promise<SessionView>
  list(filter: SessionFilter): Promise<{ count: number; sessions: SessionView[]; next: string | null }>
  /** Facts after the seq `after`; `streamId` and `lastSeq` say which life of the session they are of, and how far it is. */
  events(
    sessionId: string,
    after: number,
    limit: number,
  ): Promise<{ streamId: string; lastSeq: number; events: StoredEvent[]; next: number | null }>
  /** The session after the fact `seq`; `can` lists the events that were possible then. */
  at(
    sessionId: string,
    seq: number,
  ): Promise<{ seq: number; at: number; state: string; context: Record<string, unknown>; can: string[] }>
  message(sessionId: string, messageId: string): Promise<MessageRow>
  /** What the store has of a chat, newest first, under any of the names of who it is with; `before` and `next` are exclusive seqs. */
  chat(
    sessionId: string,
    chatId: string,
    before: number | null,
    limit: number,
  ): Promise<{ chatId: string; owner: SessionOwner; messages: ChatMessage[]; next: number | null }>
  /** From memory. */
  stats(): Stats
}

/** A message of a chat, as if Laravel had got it, whoever wrote it. */
export interface ChatMessage {
  seq: number
  message: ReceivedContent
  status: MessageStatus
  /** Of what was sent; null of what arrived. */
  own: CallersOwn | null
}

export type SessionState = 'starting' | 'awaitingQr' | 'open' | 'reconnecting' | 'loggedOut'

/** What comes next: an assertion; WhatsApp's and the phone's answer to it; the owner's comparison of codes; the link. */
export type PasskeyState = 'required' | 'submitting' | 'confirm' | 'finishing'

/** A session as callers may know it. Times are milliseconds since the epoch. */
export interface SessionView {
  sessionId: string
  userId: string | number
  metadata: Metadata | null
  state: SessionState
  /** What stands below the state, dotted (`shown.throttled`). */
  detail: string | null
  estadoQr: EstadoQr
  waId: string | null
  lid: string | null
  pushName: string | null
  createdAt: number
  lastActivity: number
  attempts: number
  retryAt: number | null
  /** A code, such as `laravel_inactive`, and a sentence for it. */
  reason: string | null
  reasonText: string | null
  /** The QR that can be scanned now. */
  qr: { publishedAt: number | null; expiresAt: number } | null
  /** The passkey that WhatsApp demands: how far it is, and until when it waits. */
  passkey: { state: PasskeyState; expiresAt: number } | null
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
