import type { EstadoQr } from '../../../machines/facts.ts'
import type { SessionContext } from '../../../machines/session.context.ts'
import type { Metadata } from '../../messages/metadata.ts'

/** A session as somebody asks for it. */
export interface NewSession {
  sessionId: string
  userId: string | number
  /** Of a new session that is to be linked by a pairing code: digits. */
  phoneNumber?: string | undefined
  metadata?: Metadata | null | undefined
}

/** Where a session's life stands when its actor begins. */
export interface SessionOrigin extends NewSession {
  streamId: string
  epoch: number
  /** The newest row, for today's machine; absent for a session that is created now. */
  last?: { seq: number; state: string; context: SessionContext; announced: EstadoQr | null }
}
