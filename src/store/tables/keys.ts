import type { InboxRow, InboxWrite, KeyStore, KeyWrite } from '../../ports/key-store.ts'
import type { Synchronous } from '../asynchronous.ts'
import type { Statements } from '../statements.ts'

type Bytes = Uint8Array<ArrayBuffer>
type InboxColumns = { hash: string; plaintext: Bytes; stanza: string; at: number }

/** Done rows answer redeliveries for this long. */
const KEEP_DONE_MS = 14 * 24 * 60 * 60 * 1000

const toInboxRow = ({ hash, plaintext, stanza, at }: InboxColumns): InboxRow => ({
  hash,
  plaintext,
  stanza,
  at,
})

export function keyReads(sql: Statements): Synchronous<KeyStore> {
  return {
    get(streamId, type, ids) {
      const found: [string, Uint8Array][] = []
      for (const id of ids) {
        const row = sql.get<{ value: Bytes }>(
          'SELECT value FROM keys WHERE stream_id = ? AND type = ? AND id = ?',
          streamId,
          type,
          id,
        )
        if (row) found.push([id, row.value])
      }
      return Object.fromEntries(found)
    },
    inbox(streamId, hash) {
      const row = sql.get<InboxColumns & { done_at: number | null }>(
        'SELECT hash, plaintext, stanza, at, done_at FROM inbox WHERE stream_id = ? AND hash = ?',
        streamId,
        hash,
      )
      return row ? { ...toInboxRow(row), done: row.done_at !== null } : null
    },
    unfinished: streamId =>
      sql
        .all<InboxColumns>(
          'SELECT hash, plaintext, stanza, at FROM inbox WHERE stream_id = ? AND done_at IS NULL ORDER BY rowid',
          streamId,
        )
        .map(toInboxRow),
  }
}

export function writeKeys(sql: Statements, streamId: string, keys: KeyWrite[]): void {
  for (const { type, id, value } of keys)
    if (value === null)
      sql.run('DELETE FROM keys WHERE stream_id = ? AND type = ? AND id = ?', streamId, type, id)
    else
      sql.run(
        `INSERT INTO keys (stream_id, type, id, value) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET value = excluded.value`,
        streamId,
        type,
        id,
        value,
      )
}

/** Of a done row that is not kept whole only the hash stays. */
const SHRUNK = "plaintext = x'', stanza = ''"
const SHRUNK_AT = `${SHRUNK}, done_at`

/** `keepsDone`: done rows stay whole until they are forgotten. */
export function writeInbox(
  sql: Statements,
  streamId: string,
  rows: InboxWrite[],
  { now, keepsDone }: { now: number; keepsDone: boolean },
): void {
  for (const row of rows)
    if ('done' in row)
      sql.run(
        `UPDATE inbox SET ${keepsDone ? 'done_at' : SHRUNK_AT} = ? WHERE stream_id = ? AND hash = ? AND done_at IS NULL`,
        now,
        streamId,
        row.done,
      )
    else
      sql.run(
        `INSERT INTO inbox (stream_id, hash, plaintext, stanza, at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING`,
        streamId,
        row.put.hash,
        row.put.plaintext,
        row.put.stanza,
        row.put.at,
      )
}

/** Erases credentials and keys, of which at most `limit`, or stanzas; returns their number. */
export function eraseKeys(sql: Statements, streamId: string, limit: number): number {
  // Nobody may ever log in with what is left.
  sql.run("DELETE FROM keys WHERE stream_id = ? AND type = 'creds'", streamId)
  const keys = sql.run(
    'DELETE FROM keys WHERE rowid IN (SELECT rowid FROM keys WHERE stream_id = ? LIMIT ?)',
    streamId,
    limit,
  )
  return (
    keys +
    sql.run(
      'DELETE FROM inbox WHERE rowid IN (SELECT rowid FROM inbox WHERE stream_id = ? LIMIT ?)',
      streamId,
      limit - keys,
    )
  )
}

/** Erases what was done and kept whole, of at most `limit` rows; returns their number. */
export function shrinkInbox(sql: Statements, limit: number): number {
  return sql.run(
    `UPDATE inbox SET ${SHRUNK} WHERE rowid IN (SELECT rowid FROM inbox INDEXED BY inbox_whole
       WHERE done_at IS NOT NULL AND stanza <> '' ORDER BY done_at LIMIT ?)`,
    limit,
  )
}

/** Forgets at most `limit` stanzas that were done long ago. */
export function pruneInbox(sql: Statements, now: number, limit: number): void {
  sql.run(
    'DELETE FROM inbox WHERE rowid IN (SELECT rowid FROM inbox WHERE done_at < ? ORDER BY done_at LIMIT ?)',
    now - KEEP_DONE_MS,
    limit,
  )
}
