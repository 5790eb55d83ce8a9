import type { SessionOwner } from '../ports/session-table.ts'
import type { Store } from '../ports/store.ts'
import type { SessionRegistry } from './registry.ts'

/** Whose sessions are, in whichever life: from memory; of one that does not run here now from its row; null for one that is gone. */
export const createSessionOwners = (registry: SessionRegistry, store: Pick<Store, 'sessions'>) => ({
  async ownerOf({
    sessionId,
    streamId,
  }: {
    sessionId: string
    streamId: string
  }): Promise<SessionOwner | null> {
    const running = registry.find(sessionId)?.actor
    if (running?.streamId === streamId) return running
    const row = await store.sessions.find(sessionId)
    if (row?.streamId !== streamId) return null
    // It may run by now, and know more than its row of before.
    const actor = registry.find(sessionId)?.actor
    return actor?.streamId === streamId ? actor : row
  },
})
