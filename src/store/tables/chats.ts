import type { ChatTable } from '../../ports/message-table.ts'
import type { Synchronous } from '../asynchronous.ts'
import type { Statements } from '../statements.ts'

/** So many messages are looked at for a page of chats. */
const MOST_LOOKED_AT = 2_000

/** The messages of a session, newest first, each with whether its chat has none that is newer. */
const NEWEST_FIRST = `SELECT m.seq, m.chat_id, NOT EXISTS (
    SELECT 1 FROM messages n INDEXED BY messages_by_chat
    WHERE n.stream_id = m.stream_id AND n.chat_id = m.chat_id AND n.seq > m.seq) AS newest
  FROM messages m WHERE m.stream_id = ? AND m.seq < ? ORDER BY m.seq DESC LIMIT ?`

export function chatReads(sql: Statements): Synchronous<ChatTable> {
  return {
    newest(streamId, before, limit) {
      let found = 0
      const looked = sql.takeWhile<{ seq: number; chat_id: string; newest: number }>(
        NEWEST_FIRST,
        // The one behind the page says that there is more.
        ({ newest }) => {
          found += newest
          return found <= limit
        },
        streamId,
        before ?? Number.MAX_SAFE_INTEGER,
        MOST_LOOKED_AT,
      )
      const chats = looked
        .filter(({ newest }) => newest === 1)
        .map(row => ({ chatId: row.chat_id, seq: row.seq }))
      const isAll = found <= limit && looked.length < MOST_LOOKED_AT
      return { chats, next: isAll ? null : (looked.at(-1)?.seq ?? null) }
    },
    deliveriesOf: (streamId, seqs) =>
      sql
        .all<{
          seq: number
          attempts: number
          next_at: number
          last_error: string | null
          dead_at: number | null
        }>(
          `SELECT d.seq, d.attempts, d.next_at, d.last_error, d.dead_at
           FROM json_each(?) CROSS JOIN deliveries d INDEXED BY deliveries_once
           ON d.stream_id = ? AND d.seq = json_each.value AND d.kind = 'messages'`,
          JSON.stringify(seqs),
          streamId,
        )
        .map(row => ({
          seq: row.seq,
          attempts: row.attempts,
          nextAt: row.next_at,
          error: row.last_error,
          isDead: row.dead_at !== null,
        })),
  }
}
