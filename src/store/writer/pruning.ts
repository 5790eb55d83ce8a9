import type { PruneRequest, PruneStep } from '../../ports/store.ts'
import type { Statements } from '../statements.ts'
import { pruneFacts } from '../tables/events.ts'
import { pruneMessages } from '../tables/message-removal.ts'

/** Sessions that one step looks at. */
const SESSIONS = 50

type StreamRow = { id: number; stream_id: string; erased_at: number | null; facts_gone_to: number }

/**
 * Removes facts of messages, and whole messages, from before their times: one step, session by session, of which most have nothing to
 * go. Nothing here looks at what stays.
 */
export function prune(sql: Statements, request: PruneRequest, now: number): PruneStep {
  const { factsBefore, messagesBefore, from, limit } = request
  const streams = sql.all<StreamRow>(
    'SELECT id, stream_id, erased_at, facts_gone_to FROM sessions WHERE id > ? ORDER BY id LIMIT ?',
    from.session - (from.seq > 0 ? 1 : 0),
    SESSIONS,
  )
  const removed = { facts: 0, messages: 0 }
  let left = limit
  for (const { id, stream_id: streamId, erased_at, facts_gone_to: goneTo } of streams) {
    if (erased_at !== null) continue
    let seq = from.session === id ? from.seq : 0
    if (factsBefore !== null && seq === 0) {
      const facts = pruneFacts(sql, streamId, goneTo, factsBefore, left)
      removed.facts += facts.removed
      left -= facts.looked
    }
    if (messagesBefore !== null && left > 0) {
      const messages = pruneMessages(sql, streamId, { after: seq, before: messagesBefore, now, limit: left })
      removed.messages += messages.removed
      left -= messages.looked
      seq = messages.last
    }
    if (left <= 0) return { ...removed, next: seq > 0 ? { session: id, seq } : { session: id - 1, seq: 0 } }
  }
  const last = streams.length === SESSIONS ? streams.at(-1)!.id : null
  return { ...removed, next: last === null ? null : { session: last, seq: 0 } }
}
