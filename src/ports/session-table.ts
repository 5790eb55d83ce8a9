import type { EstadoQr } from '../../machines/facts.ts'
import type { Metadata } from '../messages/metadata.ts'

/** The sessions that are not deleted: who they are and how they stand. */
export interface SessionTable {
  find(sessionId: string): Promise<SessionRow | null>
  list(filter: SessionFilter): Promise<{ count: number; rows: SessionRow[] }>
  /** The last estado_qr that Laravel accepted from us under this session id, in whichever of its lives. */
  acceptedStatus(sessionId: string): Promise<AcceptedStatus | null>
  /** All living sessions, in creation order, read some at a time. */
  all(): AsyncIterable<SessionRow>
}

/** An estado_qr that Laravel took from us, and when. */
export interface AcceptedStatus {
  estadoQr: EstadoQr
  at: number
}

/** A session as the store knows it: identity, projection and the newest lifecycle row, whose three texts are empty if it is gone. */
export interface SessionRow {
  streamId: string
  sessionId: string
  userId: string | number
  /** What the last /start that gave some had; null: none did. */
  metadata: Metadata | null
  epoch: number
  lastSeq: number
  createdAt: number
  lastActivity: number
  announced: EstadoQr | null
  /** The last estado_qr that Laravel accepted from us. */
  acceptedStatus: AcceptedStatus | null
  state: string
  context: string
  machineVersion: string
  /** When it came into its state, such as `awaitingQr.shown`, in ms since the epoch: what changes within it is no news. */
  since: number
  /** Why its owner cannot run it, in a sentence; null: nothing is known of that. */
  standsStill: string | null
}

/** Whose a session is, as every delivery says it. */
export type SessionOwner = Pick<SessionRow, 'userId' | 'metadata'>

export interface SessionFilter {
  limit: number
  /** Session id, exclusive; rows come in session id order. */
  after?: string
  /** A top-level state. */
  state?: string
  userId?: string
  /** Part of the session id, user id, number or name. */
  q?: string
}
