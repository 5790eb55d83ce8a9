import { isWritesOwnFault } from '../failures.ts'
import type { Statements } from '../statements.ts'
import { eraseAccountEvents } from '../tables/account-events.ts'
import { eraseChatTimers } from '../tables/chat-timers.ts'
import { eraseDeliveries } from '../tables/deliveries.ts'
import { eraseDownloads } from '../tables/downloads.ts'
import { eraseEvents } from '../tables/events.ts'
import { eraseIdempotency } from '../tables/idempotency.ts'
import { eraseKeys } from '../tables/keys.ts'
import { eraseMessages } from '../tables/message-removal.ts'
import { erasePeople } from '../tables/people.ts'
import { eraseRemembered } from '../tables/removed-messages.ts'

/** Rows that the commit of a deletion erases itself: a small session is gone at once, whole. */
export const SLICE = 300

/** What a deleted session leaves, in the order in which it goes: first what could still be told or answered. */
const PARTS = [
  eraseDeliveries,
  eraseKeys,
  eraseDownloads,
  eraseMessages,
  eraseChatTimers,
  eraseAccountEvents,
  eraseIdempotency,
  erasePeople,
  eraseRemembered,
]

/** Erases all of a stream but its facts from `keepFrom` (a seq) on: the first slice of it now, the rest with `eraseDeleted`. */
export function eraseStream(sql: Statements, streamId: string, keepFrom: number): void {
  sql.run('INSERT INTO erasures (stream_id, keep_from) VALUES (?, ?)', streamId, keepFrom)
  // Nobody may ever log in with what is left, however much that is.
  eraseKeys(sql, streamId, 0)
  eraseSlice(sql, streamId, keepFrom, SLICE)
}

/**
 * Erases at most `limit` rows of deleted sessions; returns their number, which is less only when nothing is left. A session that cannot be
 * erased comes after all others: then it counts as the whole limit, and throws once it is alone.
 */
export function eraseDeleted(sql: Statements, limit: number): number {
  let count = 0
  let after = ''
  let failure: unknown = null
  while (count < limit) {
    const next = sql.get<{ stream_id: string; keep_from: number }>(
      'SELECT * FROM erasures WHERE stream_id > ? ORDER BY stream_id LIMIT 1',
      after,
    )
    if (next === undefined) break
    try {
      count += eraseSlice(sql, next.stream_id, next.keep_from, limit - count)
    } catch (error) {
      if (!isWritesOwnFault(error)) throw error
      failure = error
    }
    if (count < limit) after = next.stream_id
  }
  if (failure === null) return count
  if (count === 0) throw failure
  return limit
}

function eraseSlice(sql: Statements, streamId: string, keepFrom: number, limit: number): number {
  let count = 0
  for (const erase of PARTS) {
    count += erase(sql, streamId, limit - count)
    if (count >= limit) return count
  }
  count += eraseEvents(sql, streamId, keepFrom, limit - count)
  if (count < limit) sql.run('DELETE FROM erasures WHERE stream_id = ?', streamId)
  return count
}
