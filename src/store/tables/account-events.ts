import type { AccountEventTable } from '../../ports/account-event-table.ts'
import type { Synchronous } from '../asynchronous.ts'
import type { EncodedWrite } from '../encoded-write.ts'
import type { Statements } from '../statements.ts'

/** For this long WhatsApp may tell of an event again, and a replay has it. */
const KEEP_MS = 30 * 24 * 60 * 60 * 1000

export function accountEventReads(sql: Statements): Synchronous<AccountEventTable> {
  return {
    find(streamId, key) {
      const row = sql.get<{ event: string }>(
        'SELECT event FROM account_events WHERE stream_id = ? AND dedupe_key = ?',
        streamId,
        key,
      )
      return row ? JSON.parse(row.event) : null
    },
    between: (streamId, after, until, limit) =>
      sql
        .all<{ seq: number; event: string; happened_at: number }>(
          'SELECT seq, event, happened_at FROM account_events WHERE stream_id = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?',
          streamId,
          after,
          until,
          limit,
        )
        .map(row => ({ seq: row.seq, event: JSON.parse(row.event), happenedAt: row.happened_at })),
    nameOf: (streamId, jid) =>
      sql.get<{ name: string }>(
        'SELECT name FROM contact_names WHERE stream_id = ? AND jid = ?',
        streamId,
        jid,
      )?.name ?? null,
  }
}

export function writeAccountEvents(
  sql: Statements,
  streamId: string,
  events: NonNullable<EncodedWrite['accountEvents']>,
): void {
  for (const { seq, key, event, happenedAt, at } of events)
    sql.run(
      'INSERT INTO account_events (stream_id, seq, dedupe_key, event, happened_at, at) VALUES (?, ?, ?, ?, ?, ?)',
      streamId,
      seq,
      key,
      event,
      happenedAt,
      at,
    )
}

export function writeContactNames(
  sql: Statements,
  streamId: string,
  names: NonNullable<EncodedWrite['contactNames']>,
): void {
  for (const { jid, name } of names)
    sql.run(
      'INSERT OR REPLACE INTO contact_names (stream_id, jid, name) VALUES (?, ?, ?)',
      streamId,
      jid,
      name,
    )
}

/**
 * Erases names and subjects in at most `limit` events from before `before`, oldest first, and in their dead letters; those that
 * wait for Laravel keep theirs. Returns the number of events.
 */
export function eraseEventWords(sql: Statements, before: number, limit: number): number {
  sql.run(
    `UPDATE deliveries SET payload = ${WITHOUT_WORDS('payload')}
     WHERE kind = 'events' AND (stream_id, seq) IN (${WITH_WORDS})`,
    before,
    limit,
  )
  return sql.run(
    `UPDATE account_events SET erased = 1, event = ${WITHOUT_WORDS('event')} WHERE (stream_id, seq) IN (${WITH_WORDS})`,
    before,
    limit,
  )
}

const WITHOUT_WORDS = (column: string) =>
  `CASE json_valid(${column}) WHEN 0 THEN '{}' ELSE json_replace(${column}, '$.subject', NULL, '$.name', NULL) END`

const WITH_WORDS = `SELECT e.stream_id, e.seq FROM account_events e INDEXED BY account_events_whole
  WHERE e.erased = 0 AND e.at < ? AND NOT EXISTS (SELECT 1 FROM deliveries d
    WHERE d.stream_id = e.stream_id AND d.seq = e.seq AND d.kind = 'events' AND d.dead_at IS NULL)
  ORDER BY e.at LIMIT ?`

/** Erases at most `limit` events of an account's, or names that people wrote under; returns their number. */
export function eraseAccountEvents(sql: Statements, streamId: string, limit: number): number {
  const events = sql.run(
    `DELETE FROM account_events WHERE stream_id = ?1 AND seq IN
       (SELECT seq FROM account_events WHERE stream_id = ?1 ORDER BY seq LIMIT ?2)`,
    streamId,
    limit,
  )
  return (
    events +
    sql.run(
      `DELETE FROM contact_names WHERE stream_id = ?1 AND jid IN
         (SELECT jid FROM contact_names WHERE stream_id = ?1 ORDER BY jid LIMIT ?2)`,
      streamId,
      limit - events,
    )
  )
}

/** Forgets at most `limit` events of long ago. */
export function pruneAccountEvents(sql: Statements, now: number, limit: number): void {
  sql.run(
    `DELETE FROM account_events WHERE (stream_id, seq) IN
       (SELECT stream_id, seq FROM account_events INDEXED BY account_events_age WHERE at < ? ORDER BY at LIMIT ?)`,
    now - KEEP_MS,
    limit,
  )
}
