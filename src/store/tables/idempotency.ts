import type { IdempotencyRow } from '../../ports/message-table.ts'
import type { Statements } from '../statements.ts'

/** A key stands for its send this long, in ms. */
export const KEEP_KEYS_MS = 72 * 60 * 60 * 1000

export function idempotent(
  sql: Statements,
  streamId: string,
  key: string,
  now: number,
): IdempotencyRow | null {
  const row = sql.get<{ hash: string; message_id: string; at: number }>(
    'SELECT hash, message_id, at FROM idempotency WHERE stream_id = ? AND key = ? AND at > ?',
    streamId,
    key,
    now - KEEP_KEYS_MS,
  )
  return row ? { key, hash: row.hash, messageId: row.message_id, at: row.at } : null
}

/** A key that is used again was kept for its time: it stands for the new send. */
export function writeIdempotency(sql: Statements, streamId: string, row: IdempotencyRow): void {
  sql.run(
    'INSERT OR REPLACE INTO idempotency (stream_id, key, hash, message_id, at) VALUES (?, ?, ?, ?, ?)',
    streamId,
    row.key,
    row.hash,
    row.messageId,
    row.at,
  )
}

/** Erases at most `limit` keys of a session; returns their number. */
export function eraseIdempotency(sql: Statements, streamId: string, limit: number): number {
  return sql.run(
    'DELETE FROM idempotency WHERE rowid IN (SELECT rowid FROM idempotency WHERE stream_id = ? LIMIT ?)',
    streamId,
    limit,
  )
}

/** Forgets at most `limit` keys whose time is over. */
export function pruneIdempotency(sql: Statements, now: number, limit: number): void {
  sql.run(
    'DELETE FROM idempotency WHERE rowid IN (SELECT rowid FROM idempotency WHERE at <= ? ORDER BY at LIMIT ?)',
    now - KEEP_KEYS_MS,
    limit,
  )
}
