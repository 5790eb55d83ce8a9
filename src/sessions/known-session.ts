import { GatewayError } from '../base/errors.ts'
import type { SessionRow } from '../ports/session-table.ts'
import type { Store } from '../ports/store.ts'

/** The row of a session that somebody named. Rejects with SESSION_NOT_FOUND. */
export async function knownSession(store: Pick<Store, 'sessions'>, sessionId: string): Promise<SessionRow> {
  const row = await store.sessions.find(sessionId)
  if (row === null)
    throw new GatewayError('SESSION_NOT_FOUND', `There is no session ${sessionId}; POST /start creates it.`)
  return row
}

/**
 * What `read` finds of a session. If its life ended meanwhile that counts for nothing, found or not: it is read of the next life, or
 * refused with SESSION_NOT_FOUND if there is none.
 */
export async function readOfLife<Found>(
  store: Pick<Store, 'sessions'>,
  sessionId: string,
  read: (session: SessionRow) => Promise<Found>,
): Promise<Found> {
  for (let session = await knownSession(store, sessionId); ; ) {
    const found = read(session)
    await found.catch(() => {})
    const now = await knownSession(store, sessionId)
    if (now.streamId === session.streamId) return found
    session = now
  }
}
