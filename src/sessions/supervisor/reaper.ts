import type { Clock } from '../../base/clock.ts'
import type { Store } from '../../ports/store.ts'
import type { SessionRegistry } from '../registry.ts'
import type { SessionCounts } from './session-counts.ts'

/** Sends given up in one round of the reaper. */
const OVERDUE_AT_ONCE = 1000

export interface IdlePolicy {
  afterMs: number
  policy: 'keep' | 'hibernate' | 'delete'
  reapEveryMs: number
}

/** One round: sends that no connection took in time fail, and sessions without messages are told so. */
export function reap({
  store,
  clock,
  registry,
  counts,
  idle,
  sendMaxAgeMs,
}: {
  store: Pick<Store, 'messages'>
  clock: Clock
  registry: SessionRegistry
  counts: SessionCounts
  idle: IdlePolicy
  sendMaxAgeMs: number
}): void {
  const now = clock.now()
  for (const { sessionId, messageId } of store.messages.overdue(now - sendMaxAgeMs, OVERDUE_AT_ONCE)) {
    const entry = registry.find(sessionId)
    void entry?.actor.guard(() => entry.outbox.expire(messageId))
  }
  const since = now - idle.afterMs
  for (const sessionId of counts.idleSince(since)) {
    const actor = registry.find(sessionId)?.actor
    // Whoever called /start just now is about to scan, or to send.
    if (actor === undefined || actor.context.startedAt > since) continue
    actor.tell({ type: 'session.idled', policy: idle.policy })
  }
}
