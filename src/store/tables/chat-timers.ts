import type { ChatTimer } from '../../messages/chat-timer.ts'
import type { ChatTimerTable } from '../../ports/message-table.ts'
import type { Synchronous } from '../asynchronous.ts'
import type { Statements } from '../statements.ts'

export function chatTimerReads(sql: Statements): Synchronous<ChatTimerTable> {
  return {
    find(streamId, names) {
      const row = sql.get<{ expiration: number; set_at: number }>(
        `SELECT expiration, set_at FROM chat_timers
         WHERE stream_id = ? AND chat IN (SELECT value FROM json_each(?)) ORDER BY set_at DESC LIMIT 1`,
        streamId,
        JSON.stringify(names),
      )
      return row ? { expiration: row.expiration, setAt: row.set_at } : null
    },
  }
}

export function writeChatTimers(
  sql: Statements,
  streamId: string,
  timers: (ChatTimer & { chat: string })[],
): void {
  for (const { chat, expiration, setAt } of timers)
    sql.run(
      `INSERT INTO chat_timers (stream_id, chat, expiration, set_at) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET expiration = excluded.expiration, set_at = excluded.set_at
       WHERE excluded.set_at >= chat_timers.set_at`,
      streamId,
      chat,
      expiration,
      setAt,
    )
}

/** Erases at most `limit` timers of a session; returns their number. */
export function eraseChatTimers(sql: Statements, streamId: string, limit: number): number {
  return sql.run(
    `DELETE FROM chat_timers WHERE stream_id = ?1 AND chat IN
       (SELECT chat FROM chat_timers WHERE stream_id = ?1 ORDER BY chat LIMIT ?2)`,
    streamId,
    limit,
  )
}
