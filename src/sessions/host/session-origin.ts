import type { EstadoQr } from '../../../machines/facts.ts'
import type { SessionContext } from '../../../machines/session.context.ts'

/** Where a session's life stands when its actor begins. */
export interface SessionOrigin {
  streamId: string
  sessionId: string
  userId: string | number
  epoch: number
  /** Of a new session that is to be linked by a pairing code: digits. */
  phoneNumber?: string | undefined
  /** The newest row, for today's machine; absent for a session that is created now. */
  last?: { seq: number; state: string; context: SessionContext; announced: EstadoQr | null }
}
