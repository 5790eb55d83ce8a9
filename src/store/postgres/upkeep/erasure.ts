import type { Sql } from '../connection.ts'
import { noteUnneeded } from '../writes/others.ts'

/** Rows that the commit of a deletion erases itself: a small session is gone at once, whole. */
const SLICE = 300

/** Erases at most `limit` rows of a session; resolves with their number. */
type Erase = (sql: Sql, streamId: string, limit: number) => Promise<number>

/** Of a table whose rows `key` tells apart within a stream. */
const erasing =
  (table: string, key: string, where = ''): Erase =>
  (sql, streamId, limit) =>
    sql.run(
      `DELETE FROM ${table} WHERE stream_id = $1 AND (${key}) IN
         (SELECT ${key} FROM ${table} WHERE stream_id = $1 ${where} LIMIT $2)`,
      streamId,
      limit,
    )

/** One after the other, as long as something of the limit is left. */
const inTurn =
  (...parts: Erase[]): Erase =>
  async (sql, streamId, limit) => {
    let count = 0
    for (const part of parts) {
      if (count >= limit) break
      count += await part(sql, streamId, limit - count)
    }
    return count
  }

/** Credentials go first, all of them. */
export const eraseKeys: Erase = async (sql, streamId, limit) => {
  const creds = sql.run("DELETE FROM keys WHERE stream_id = $1 AND type = 'creds'", streamId)
  const rest = inTurn(erasing('keys', 'type, id'), erasing('inbox', 'hash'))
  await creds
  return rest(sql, streamId, limit)
}

export const eraseChatTimers = erasing('chat_timers', 'chat')

async function eraseDownloads(sql: Sql, streamId: string, limit: number): Promise<number> {
  const rows = await sql.all<{ media_id: string }>(
    `DELETE FROM downloads WHERE stream_id = $1 AND seq IN
       (SELECT seq FROM downloads WHERE stream_id = $1 LIMIT $2) RETURNING media_id`,
    streamId,
    limit,
  )
  await noteUnneeded(
    sql,
    rows.map(row => row.media_id),
  )
  return rows.length
}

async function eraseMessages(sql: Sql, streamId: string, limit: number): Promise<number> {
  const rows = await sql.all<{ media_id: string | null }>(
    `DELETE FROM messages WHERE stream_id = $1 AND (seq, at) IN
       (SELECT seq, at FROM messages WHERE stream_id = $1 LIMIT $2) RETURNING media_id`,
    streamId,
    limit,
  )
  await noteUnneeded(
    sql,
    rows.flatMap(({ media_id }) => media_id ?? []),
  )
  return rows.length
}

/** What a deleted session leaves, in the order in which it goes: first what could still be told or answered. */
const PARTS = inTurn(
  erasing(
    'deliveries',
    'id',
    "AND (kind IN ('messages', 'events') OR (kind = 'receipt' AND dead_at IS NOT NULL))",
  ),
  eraseKeys,
  eraseDownloads,
  eraseMessages,
  erasing('message_keys', 'dedupe_key'),
  eraseChatTimers,
  erasing('account_events', 'seq'),
  erasing('contact_names', 'jid'),
  erasing('mailbox', 'n'),
  erasing('idempotency', 'key'),
  erasing('people', 'name'),
  erasing('former_chats', 'chat_id'),
)

/** Erases all of a stream but its facts from `keepFrom` (a seq) on: the first slice of it now, the rest with `eraseDeleted`. */
export async function eraseStream(sql: Sql, streamId: string, keepFrom: number): Promise<void> {
  await sql.run('INSERT INTO erasures (stream_id, keep_from) VALUES ($1, $2)', streamId, keepFrom)
  // Nobody may ever log in with what is left, however much that is.
  await eraseKeys(sql, streamId, 0)
  await eraseSlice(sql, streamId, keepFrom, SLICE)
}

/** Erases at most `limit` rows of deleted sessions; resolves with their number, which is less only when nothing is left. */
export async function eraseDeleted(sql: Sql, limit: number): Promise<number> {
  let count = 0
  while (count < limit) {
    const next = await sql.get<{ stream_id: string; keep_from: number }>(
      // What another node is at is left to it.
      'SELECT stream_id, keep_from FROM erasures ORDER BY stream_id LIMIT 1 FOR UPDATE SKIP LOCKED',
    )
    if (next === undefined) break
    count += await eraseSlice(sql, next.stream_id, next.keep_from, limit - count)
  }
  return count
}

async function eraseSlice(sql: Sql, streamId: string, keepFrom: number, limit: number): Promise<number> {
  const events: Erase = (sql, streamId, limit) =>
    sql.run(
      `DELETE FROM events WHERE stream_id = $1 AND seq IN
         (SELECT seq FROM events WHERE stream_id = $1 AND seq < $2 ORDER BY seq LIMIT $3)`,
      streamId,
      keepFrom,
      limit,
    )
  const count = await inTurn(PARTS, events)(sql, streamId, limit)
  if (count < limit) await sql.run('DELETE FROM erasures WHERE stream_id = $1', streamId)
  return count
}
