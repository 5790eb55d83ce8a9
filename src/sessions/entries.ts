import { type ErrorCode, GatewayError } from '../base/errors.ts'
import type { SessionQueries } from '../ports/session-queries.ts'
import type { SessionEntry } from './registry.ts'
import type { Supervisor } from './supervisor/supervisor.ts'
import { notRunning } from './unavailable.ts'

/** Finds the sessions that are asked for something: what runs from memory, in the turn of the call; why one does not, from the store. */
export interface EntryFinder {
  /** Null if it does not run, or nothing can be asked of it now. */
  running(sessionId: string): SessionEntry | null
  /** Rejects with why not: SESSION_NOT_FOUND, `unreadable` of what stands still, or a 503. */
  refused(sessionId: string, unreadable?: ErrorCode): Promise<never>
}

export function createEntryFinder(
  supervisor: Pick<Supervisor, 'find' | 'refusal' | 'whyUnreadable'>,
  queries: Pick<SessionQueries, 'get'>,
): EntryFinder {
  return {
    running: sessionId => (supervisor.refusal() === null ? (supervisor.find(sessionId) ?? null) : null),
    async refused(sessionId, unreadable = 'SESSION_UNREADABLE') {
      await queries.get(sessionId)
      const refusal = supervisor.refusal()
      const why = supervisor.whyUnreadable(sessionId)
      if (refusal === null && why !== null) throw new GatewayError(unreadable, why)
      throw refusal ?? notRunning()
    },
  }
}
