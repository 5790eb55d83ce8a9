import type { SessionOwner } from '../ports/session-table.ts'
import type { Store } from '../ports/store.ts'
import type { SessionRegistry } from './registry.ts'

/** Whose sessions are, in whichever life: from memory; of one that does not run here now from its row; null for one that is gone. */
export const createSessionOwners = (registry: SessionRegistry, store: Pick<Store, 'sessions'>) => ({
  ownerOf({ sessionId, streamId }: { sessionId: string; streamId: string }): SessionOwner | null {
    const actor = registry.find(sessionId)?.actor
    if (actor?.streamId === streamId) return actor
    const row = store.sessions.find(sessionId)
    return row?.streamId === streamId ? row : null
  },
})
