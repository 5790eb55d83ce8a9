import type { DeliveryRow } from '../ports/delivery-table.ts'
import type { SessionOwner } from '../ports/session-table.ts'

/** What deliveries must know of the sessions that they are of. */
export interface DeliveredSessions {
  /** From memory while the session runs; null for one that is gone. */
  ownerOf(delivery: Pick<DeliveryRow, 'sessionId' | 'streamId'>): Promise<SessionOwner | null>
}

export const NO_SESSIONS: DeliveredSessions = { ownerOf: async () => null }

/**
 * What Laravel is told in this attempt, with whose session it is, where it stands in the log, and what the caller wants to be told with it.
 * Of a message that is the session as it is now; all else has it in its payload, unless an earlier version stored that.
 */
export async function withSession(
  row: Pick<DeliveryRow, 'kind' | 'sessionId' | 'streamId' | 'seq'>,
  payload: Record<string, unknown>,
  sessions: DeliveredSessions,
): Promise<Record<string, unknown>> {
  const { session_id, ...rest } = payload
  const { seq, kind } = row
  if ('user_id' in rest) return { session_id, user_id: null, seq, ...rest }
  const owner = await sessions.ownerOf(row)
  const told = { session_id, user_id: owner?.userId ?? null, seq, ...rest }
  if (kind === 'receipt') return { ...told, client_ref: null, metadata: null }
  return { ...told, metadata: owner?.metadata ?? null }
}
