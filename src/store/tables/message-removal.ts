import type { Row, Statements } from '../statements.ts'
import { FILE_OF_SEND, noteUnneeded } from './media.ts'
import { type RemovedMessage, rememberMessage } from './removed-messages.ts'

type OldMessage = RemovedMessage & Row & { seq: number; media_id: string | null; stays: number }

/** A caller's key stands for its send this long (idempotency.ts), and needs it. */
const KEEP_SENDS_MS = 72 * 60 * 60 * 1000

/** What is under way, waits for Laravel or for its file, or stands under a key of the caller's. */
const STAYS = `(m.direction = 'out' AND (m.status IN ('queued', 'transmitted') OR m.at > ?4))
  OR EXISTS (SELECT 1 FROM deliveries d WHERE d.stream_id = m.stream_id AND d.seq = m.seq AND d.kind = 'messages' AND d.dead_at IS NULL)
  OR EXISTS (SELECT 1 FROM downloads f WHERE f.stream_id = m.stream_id AND f.seq = m.seq AND f.state = 'pending')`

const FILE = `coalesce((SELECT f.media_id FROM downloads f WHERE f.stream_id = m.stream_id AND f.seq = m.seq), ${FILE_OF_SEND})`

/**
 * Removes the messages of a session from before `before` after the seq `after`, with their dead letters and, if no other has them, their
 * files. `looked`: how many messages were looked at, at most `limit`; `last`: the seq of the last one, or 0 if there are no more.
 */
export function pruneMessages(
  sql: Statements,
  streamId: string,
  { after, before, now, limit }: { after: number; before: number; now: number; limit: number },
): { removed: number; looked: number; last: number } {
  const old = sql.takeWhile<OldMessage>(
    `SELECT m.seq, m.at, m.direction, m.status, m.chat_id, m.dedupe_key, ${FILE} AS media_id, (${STAYS}) AS stays
     FROM messages m WHERE m.stream_id = ?1 AND m.seq > ?2 ORDER BY m.seq LIMIT ?3`,
    ({ at }) => at < before,
    streamId,
    after,
    limit,
    now - KEEP_SENDS_MS,
  )
  const gone = old.filter(({ stays }) => stays === 0)
  for (const message of gone) {
    remove(sql, streamId, message.seq)
    rememberMessage(sql, streamId, message, now)
  }
  const received = gone.findLast(
    ({ direction, dedupe_key }) => direction === 'in' && !/^history\|/.test(dedupe_key),
  )
  if (received !== undefined)
    sql.run(
      'UPDATE sessions SET messages_gone_to = max(messages_gone_to, ?) WHERE stream_id = ?',
      received.seq,
      streamId,
    )
  noteUnneeded(
    sql,
    gone.flatMap(({ media_id }) => media_id ?? []),
  )
  return { removed: gone.length, looked: old.length, last: old.length === limit ? old.at(-1)!.seq : 0 }
}

function remove(sql: Statements, streamId: string, seq: number): void {
  sql.run('DELETE FROM messages WHERE stream_id = ? AND seq = ?', streamId, seq)
  sql.run('DELETE FROM downloads WHERE stream_id = ? AND seq = ?', streamId, seq)
  // A dead letter has its words from the message.
  sql.run("DELETE FROM deliveries WHERE stream_id = ? AND seq = ? AND kind = 'messages'", streamId, seq)
}

/** Erases at most `limit` messages of a session, and notes the files that nobody else has; returns their number. */
export function eraseMessages(sql: Statements, streamId: string, limit: number): number {
  const rows = sql.all<{ seq: number; media_id: string | null }>(
    `SELECT seq, ${FILE_OF_SEND} AS media_id
     FROM messages WHERE stream_id = ? ORDER BY seq LIMIT ?`,
    streamId,
    limit,
  )
  for (const { seq } of rows) sql.run('DELETE FROM messages WHERE stream_id = ? AND seq = ?', streamId, seq)
  noteUnneeded(
    sql,
    rows.flatMap(({ media_id }) => media_id ?? []),
  )
  return rows.length
}
