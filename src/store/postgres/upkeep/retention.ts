import type { PruneRequest, PruneStep } from '../../../ports/store.ts'
import { columnsOf, unnest } from '../bulk.ts'
import type { Sql } from '../connection.ts'
import { isCollision } from '../failures.ts'
import type { InTransaction } from '../transaction.ts'
import { noteUnneeded } from '../writes/others.ts'
import { dropPartition, oldestBefore, type Partition, roughlyIn } from './partitions.ts'

/** A caller's key stands for its send this long, and needs it. */
const KEEP_SENDS_MS = 72 * 60 * 60 * 1000
/** For this long what WhatsApp delivers again is known, though its message was removed. */
const KEEP_KEYS_MS = 30 * 24 * 60 * 60 * 1000

/** Whole partitions first; then, in a second part of the round, what stands in none. */
const REST = { session: 1, seq: 0 }

/**
 * Removes facts of messages, and whole messages, from before their times, one step: a partition all of whose rows are too old is dropped
 * as a whole; what no partition had a place for goes row by row.
 */
export async function prune(
  inTransaction: InTransaction,
  { factsBefore, messagesBefore, from, limit }: PruneRequest,
  now: number,
): Promise<PruneStep> {
  if (from.session === 0) {
    const step = await dropOld(inTransaction, { factsBefore, messagesBefore, limit }, now)
    if (step !== null) return step
  }
  return inTransaction(async sql => {
    const facts = factsBefore === null ? 0 : await pruneFacts(sql, factsBefore, limit)
    const left = limit - facts
    const messages =
      messagesBefore === null || left === 0
        ? 0
        : await pruneMessages(sql, { before: messagesBefore, limit: left, now })
    return { facts, messages, next: facts + messages < limit ? null : REST }
  })
}

/** A step with the oldest partition that may go; null: there is none, or others are at work in it. */
async function dropOld(
  inTransaction: InTransaction,
  { factsBefore, messagesBefore, limit }: Omit<PruneRequest, 'from'>,
  now: number,
): Promise<PruneStep | null> {
  const next = { session: 0, seq: 0 }
  try {
    const facts = await inTransaction(async sql => {
      const old = factsBefore === null ? null : await oldestBefore(sql, 'facts', factsBefore)
      if (old === null) return null
      const rows = await roughlyIn(sql, old)
      await dropPartition(sql, 'facts', old)
      return rows
    })
    if (facts !== null) return { facts, messages: 0, next }
    if (messagesBefore === null) return null
    const before = Math.min(messagesBefore, now - KEEP_SENDS_MS)
    const messages = await inTransaction(async sql => {
      const old = await oldestBefore(sql, 'messages', before)
      if (old === null) return null
      const gone = await forgetIn(sql, old, { limit, now })
      if (gone === 0) await dropPartition(sql, 'messages', old, () => keepWaiting(sql, old))
      return gone
    })
    return messages === null ? null : { facts: 0, messages, next }
  } catch (error) {
    if (isCollision(error)) return null
    throw error
  }
}

async function pruneFacts(sql: Sql, before: number, limit: number): Promise<number> {
  return sql.run(
    `DELETE FROM events_of_messages_rest WHERE (stream_id, seq) IN (
       SELECT stream_id, seq FROM events_of_messages_rest WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
    before,
    limit,
  )
}

/** What is under way, waits for Laravel or for its file, or stands under a key of the caller's; `$1` is the time of the latter. */
const STAYS = `(m.direction = 'out' AND (m.status IN ('queued', 'transmitted') OR m.at > $1))
  OR EXISTS (SELECT 1 FROM deliveries d
    WHERE d.stream_id = m.stream_id AND d.seq = m.seq AND d.kind = 'messages' AND d.dead_at IS NULL)
  OR EXISTS (SELECT 1 FROM downloads f WHERE f.stream_id = m.stream_id AND f.seq = m.seq AND f.state = 'pending')`

type Old = {
  stream_id: string
  seq: number
  at: number
  direction: 'in' | 'out'
  status: string
  chat_id: string
  dedupe_key: string
  media_id: string | null
}
const OLD = 'm.stream_id, m.seq, m.at, m.direction, m.status, m.chat_id, m.dedupe_key, m.media_id'

async function pruneMessages(
  sql: Sql,
  { before, limit, now }: { before: number; limit: number; now: number },
): Promise<number> {
  const old = await sql.all<Old>(
    `SELECT ${OLD} FROM messages_rest m JOIN sessions s ON s.stream_id = m.stream_id AND s.erased_at IS NULL
     WHERE m.at < $2 AND NOT (${STAYS}) ORDER BY m.at LIMIT $3 FOR UPDATE OF m SKIP LOCKED`,
    now - KEEP_SENDS_MS,
    before,
    limit,
  )
  if (old.length === 0) return 0
  await sql.run(
    `DELETE FROM messages_rest m USING ${unnest(['text', 'bigint', 'bigint'])} AS u(stream_id, seq, at)
     WHERE m.stream_id = u.stream_id AND m.seq = u.seq AND m.at = u.at`,
    ...columnsOf(
      old.map(({ stream_id, seq, at }) => [stream_id, seq, at]),
      3,
    ),
  )
  await forget(sql, old, now)
  return old.length
}

/** Forgets what else is known of messages of a partition that will be dropped; 0: nothing is left but what stays. */
async function forgetIn(
  sql: Sql,
  { name, from, to }: Partition,
  { limit, now }: { limit: number; now: number },
) {
  const old = await sql.all<Old>(
    `SELECT ${OLD} FROM message_keys k JOIN ${name} m ON m.stream_id = k.stream_id AND m.seq = k.seq AND m.at = k.at
     WHERE NOT k.gone AND k.at >= $2 AND k.at < $3 AND NOT (${STAYS}) ORDER BY k.at LIMIT $4 FOR UPDATE OF k SKIP LOCKED`,
    now - KEEP_SENDS_MS,
    from,
    to,
    limit,
  )
  if (old.length > 0) await forget(sql, old, now)
  return old.length
}

/** What waits moves to the rest; the partition is taken out of its table by then. */
async function keepWaiting(sql: Sql, { name }: Partition): Promise<void> {
  await sql.run(
    `INSERT INTO messages SELECT m.* FROM ${name} m JOIN message_keys k
     ON k.stream_id = m.stream_id AND k.dedupe_key = m.dedupe_key AND k.seq = m.seq AND NOT k.gone`,
  )
}

const HISTORY = 'history|'
const TAKEN = new Set(['sent', 'delivered', 'read', 'played'])

/** What stays of messages that are removed for their age: keys while they may come again, and that their chats are none with strangers. */
async function forget(sql: Sql, old: Old[], now: number): Promise<void> {
  const isImported = ({ dedupe_key }: Old) => dedupe_key.startsWith(HISTORY)
  const mayComeAgain = (one: Old) => one.direction === 'in' && !isImported(one) && one.at > now - KEEP_KEYS_MS
  const chatOf = (one: Old) =>
    one.direction === 'out'
      ? one.chat_id
      : one.dedupe_key.slice(isImported(one) ? HISTORY.length : 0).split('|')[0]!
  const known = old.filter(({ direction, status }) => direction === 'in' || TAKEN.has(status))
  const received = old.filter(one => one.direction === 'in' && !isImported(one))
  const byKey = (rows: Old[]) =>
    columnsOf(
      rows.map(row => [row.stream_id, row.dedupe_key]),
      2,
    )
  const bySeq = (rows: Old[]) =>
    columnsOf(
      rows.map(row => [row.stream_id, row.seq]),
      2,
    )
  const KEYS = `${unnest(['text', 'text'])} AS u(stream_id, dedupe_key) WHERE k.stream_id = u.stream_id AND k.dedupe_key = u.dedupe_key`
  const SEQS = `${unnest(['text', 'bigint'])} AS u(stream_id, seq) WHERE t.stream_id = u.stream_id AND t.seq = u.seq`
  const [files] = await Promise.all([
    sql.all<{ media_id: string }>(
      `DELETE FROM downloads t USING ${SEQS} RETURNING t.media_id`,
      ...bySeq(old),
    ),
    // A dead letter has its words from the message.
    sql.run(`DELETE FROM deliveries t USING ${SEQS} AND t.kind = 'messages'`, ...bySeq(old)),
    sql.run(`UPDATE message_keys k SET gone = true FROM ${KEYS}`, ...byKey(old.filter(mayComeAgain))),
    sql.run(`DELETE FROM message_keys k USING ${KEYS}`, ...byKey(old.filter(one => !mayComeAgain(one)))),
    sql.run(
      `INSERT INTO former_chats SELECT DISTINCT * FROM ${unnest(['text', 'text'])} ON CONFLICT DO NOTHING`,
      ...columnsOf(
        known.map(one => [one.stream_id, chatOf(one)]),
        2,
      ),
    ),
    sql.run(
      `UPDATE sessions s SET messages_gone_to = greatest(s.messages_gone_to, g.seq)
       FROM (SELECT stream_id, max(seq) AS seq FROM ${unnest(['text', 'bigint'])} AS u(stream_id, seq) GROUP BY stream_id) g
       WHERE s.stream_id = g.stream_id`,
      ...bySeq(received),
    ),
  ])
  await noteUnneeded(sql, [
    ...files.map(({ media_id }) => media_id),
    ...old.flatMap(({ media_id }) => media_id ?? []),
  ])
}
