import { objectIn } from '../../tables/stored-json.ts'
import { updateMany } from '../bulk.ts'
import type { Sql } from '../connection.ts'

interface Request {
  before: number
  limit: number
  now: number
  keepsDone: boolean
}

/** Erases words of long ago, oldest first; resolves with the number of rows, or of done stanzas if those are more. */
export async function eraseBodies(sql: Sql, { before, limit, now, keepsDone }: Request): Promise<number> {
  const done = keepsDone ? 0 : await shrinkInbox(sql, limit)
  const erased =
    (await eraseMessages(sql, before, limit, now)) +
    (await eraseEventWords(sql, before, limit)) +
    (await eraseDescriptions(sql, before, limit))
  return Math.max(done, erased)
}

/** Erases what was done and kept whole. */
const shrinkInbox = (sql: Sql, limit: number) =>
  sql.run(
    `UPDATE inbox SET plaintext = '', stanza = '' WHERE (stream_id, hash) IN (
       SELECT stream_id, hash FROM inbox WHERE done_at IS NOT NULL AND stanza <> '' ORDER BY done_at LIMIT $1
       FOR UPDATE SKIP LOCKED)`,
    limit,
  )

const EMPTIED = ['body', 'caption', 'name', 'address']
const REMOVED = ['quoted', 'selection', 'referral', 'order', 'product', 'raw', 'preview', 'metadata']

/** The content of a message without its words; of one that is damaged nothing. */
export function withoutWords(stored: string): string {
  const content = objectIn(stored)
  if (content === null) return '{}'
  for (const key of EMPTIED) if (key in content) content[key] = null
  for (const key of ['contacts', 'options']) if (key in content) content[key] = []
  for (const key of REMOVED) delete content[key]
  const { media } = content
  if (typeof media === 'object' && media !== null && 'thumbnail' in media) media.thumbnail = null
  return JSON.stringify(content)
}

/** Bodies, captions, what went out encoded, secrets; those that wait for Laravel or for WhatsApp keep theirs. */
async function eraseMessages(sql: Sql, before: number, limit: number, now: number): Promise<number> {
  const rows = await sql.all<{ stream_id: string; seq: number; at: number; content: string }>(
    `SELECT m.stream_id, m.seq, m.at, m.content FROM messages m
     WHERE m.erased_at IS NULL AND m.at < $1 AND NOT (m.direction = 'out' AND m.status IN ('queued', 'transmitted'))
       AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.stream_id = m.stream_id AND d.seq = m.seq
         AND d.kind = 'messages' AND d.dead_at IS NULL)
     ORDER BY m.at LIMIT $2 FOR UPDATE OF m SKIP LOCKED`,
    before,
    limit,
  )
  return updateMany(
    sql,
    'messages m',
    {
      set: 'content = u.content, proto = NULL, secret = NULL, erased_at = u.erased_at',
      columns: { stream_id: 'text', seq: 'bigint', at: 'bigint', content: 'text', erased_at: 'bigint' },
      where: 'm.stream_id = u.stream_id AND m.seq = u.seq AND m.at = u.at',
    },
    rows.map(({ stream_id, seq, at, content }) => [stream_id, seq, at, withoutWords(content), now]),
  )
}

/** The object in a text with some of its fields null; of one that is damaged nothing. */
function withNull(stored: string, ...keys: string[]): string {
  const value = objectIn(stored)
  if (value === null) return '{}'
  for (const key of keys) if (key in value) value[key] = null
  return JSON.stringify(value)
}

/** Names and subjects in events of accounts, and in their dead letters; those that wait for Laravel keep theirs. */
async function eraseEventWords(sql: Sql, before: number, limit: number): Promise<number> {
  const events = await sql.all<{ stream_id: string; seq: number; event: string }>(
    `SELECT e.stream_id, e.seq, e.event FROM account_events e
     WHERE NOT e.erased AND e.at < $1 AND NOT EXISTS (SELECT 1 FROM deliveries d
       WHERE d.stream_id = e.stream_id AND d.seq = e.seq AND d.kind = 'events' AND d.dead_at IS NULL)
     ORDER BY e.at LIMIT $2 FOR UPDATE OF e SKIP LOCKED`,
    before,
    limit,
  )
  if (events.length === 0) return 0
  const letters = await sql.all<{ id: number; payload: string }>(
    `SELECT d.id, d.payload FROM unnest($1::text[], $2::bigint[]) AS u(stream_id, seq)
     JOIN deliveries d ON d.stream_id = u.stream_id AND d.seq = u.seq
     WHERE d.kind = 'events' AND d.payload IS NOT NULL FOR UPDATE OF d`,
    events.map(({ stream_id }) => stream_id),
    events.map(({ seq }) => seq),
  )
  await updatePayloads(
    sql,
    letters.map(({ id, payload }) => [id, withNull(payload, 'subject', 'name')]),
  )
  return updateMany(
    sql,
    'account_events e',
    {
      set: 'event = u.event, erased = true',
      columns: { stream_id: 'text', seq: 'bigint', event: 'text' },
      where: 'e.stream_id = u.stream_id AND e.seq = u.seq',
    },
    events.map(({ stream_id, seq, event }) => [stream_id, seq, withNull(event, 'subject', 'name')]),
  )
}

/** What callers gave to sends, in the dead letters about them. */
async function eraseDescriptions(sql: Sql, before: number, limit: number): Promise<number> {
  const letters = await sql.all<{ id: number; payload: string }>(
    `SELECT id, payload FROM deliveries WHERE kind = 'receipt' AND dead_at IS NOT NULL
     AND strpos(payload, '"metadata":{') > 0 AND at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED`,
    before,
    limit,
  )
  return updatePayloads(
    sql,
    letters.map(({ id, payload }) => [id, withNull(payload, 'metadata')]),
  )
}

const updatePayloads = (sql: Sql, rows: [number, string][]) =>
  updateMany(
    sql,
    'deliveries d',
    { set: 'payload = u.payload', columns: { id: 'bigint', payload: 'text' }, where: 'd.id = u.id' },
    rows,
  )
