import { GatewayError } from '../base/errors.ts'
import type { SessionRow } from '../ports/session-table.ts'
import type { Store } from '../ports/store.ts'

/** The row of a session that somebody named. Throws SESSION_NOT_FOUND. */
export function knownSession(store: Pick<Store, 'sessions'>, sessionId: string): SessionRow {
  const row = store.sessions.find(sessionId)
  if (row === null)
    throw new GatewayError('SESSION_NOT_FOUND', `There is no session ${sessionId}; POST /start creates it.`)
  return row
}
