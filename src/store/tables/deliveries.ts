import {
  DEAD_KEPT_MS,
  DELIVERY_KINDS,
  type DeliveryKind,
  type DeliveryOutcome,
  type DeliveryRow,
  type DeliveryTable,
} from '../../ports/delivery-table.ts'
import type { DownloadState } from '../../ports/download-table.ts'
import type { Synchronous } from '../asynchronous.ts'
import type { EncodedWrite } from '../encoded-write.ts'
import type { Statements } from '../statements.ts'
import { objectIn } from './stored-json.ts'

/** A delivery as it is stored, with what its message and its file say. */
export type DeliveryColumns = {
  id: number
  webhook_id: string
  kind: DeliveryKind
  lane: string
  stream_id: string
  session_id: string
  seq: number
  at: number
  payload: string | null
  tries: number
  attempts: number
  next_at: number
  last_error: string | null
  dead_at: number | null
  content: string | null
  file_state: DownloadState['state'] | null
  file_error: string | null
}

const COLUMNS = 'd.*, m.content, f.state AS file_state, f.error AS file_error'
const FROM = `FROM deliveries d
  LEFT JOIN messages m ON d.payload IS NULL AND m.stream_id = d.stream_id AND m.seq = d.seq
  LEFT JOIN downloads f ON d.kind = 'messages' AND f.stream_id = d.stream_id AND f.seq = d.seq`
const SELECT = `SELECT ${COLUMNS} ${FROM}`

/** What a deleted session had to tell goes in slices, and is told to nobody meanwhile. */
const STANDS = `NOT (d.kind IN ('messages', 'events') AND EXISTS (
  SELECT 1 FROM erasures WHERE erasures.stream_id = d.stream_id))`

/** So many are looked at for one page, whatever is asked of them: a few ms of the event loop. */
const MOST_LOOKED_AT = 5_000
const BEYOND = 'SELECT id FROM deliveries WHERE id < ? ORDER BY id DESC LIMIT 1 OFFSET ?'
const BEYOND_DEAD = `SELECT id FROM deliveries INDEXED BY deliveries_dead_ids
  WHERE dead_at IS NOT NULL AND id < ? ORDER BY id DESC LIMIT 1 OFFSET ?`
const WITHIN = `d.id < ?1 AND d.id > ?2 AND (?3 IS NULL OR d.session_id = ?3) AND ${STANDS}
  ORDER BY d.id DESC LIMIT ?4`
const PAGE_OF_WAITING = `${SELECT} WHERE d.dead_at IS NULL AND ${WITHIN}`
const PAGE_OF_DEAD = `${SELECT.replace('deliveries d', 'deliveries d INDEXED BY deliveries_dead_ids')}
  WHERE d.dead_at IS NOT NULL AND ${WITHIN}`

/** What Laravel gets; null if it is damaged, or of a kind that this version does not know. */
function payloadOf({ kind, session_id, payload, content }: DeliveryColumns): DeliveryRow['payload'] | null {
  if (!DELIVERY_KINDS.includes(kind)) return null
  if (payload !== null) return objectIn(payload)
  const message = objectIn(content ?? '{}')
  return message && { session_id, ...message }
}

export const toDelivery = (row: DeliveryColumns): DeliveryRow => ({
  id: row.id,
  webhookId: row.webhook_id,
  kind: row.kind,
  lane: row.lane,
  streamId: row.stream_id,
  sessionId: row.session_id,
  seq: row.seq,
  at: row.at,
  ...readable(payloadOf(row)),
  tries: row.tries,
  attempts: row.attempts,
  nextAt: row.next_at,
  lastError: row.last_error,
  deadAt: row.dead_at,
  download: row.file_state && { state: row.file_state, error: row.file_error },
})

const readable = (payload: DeliveryRow['payload'] | null) =>
  payload === null ? { payload: {}, unreadable: true as const } : { payload }

export type DeliveryAnswers = Omit<DeliveryTable, 'settle'>

export interface DeliveryReads extends Synchronous<DeliveryAnswers> {
  /** The oldest pending delivery of a lane, and whether nothing is pending behind it. */
  headOf(lane: string): { row: DeliveryRow | null; isLast: boolean }
  /** The greatest id that was ever given to a delivery. */
  lastId(): number
}

export function deliveryReads(sql: Statements): DeliveryReads {
  function headOf(lane: string) {
    const row = sql.get<DeliveryColumns & { is_last: number }>(
      `SELECT ${COLUMNS}, NOT EXISTS (SELECT 1 FROM deliveries n INDEXED BY deliveries_pending
         WHERE n.lane = d.lane AND n.dead_at IS NULL AND n.id > d.id) AS is_last
       ${FROM} WHERE d.lane = ? AND d.dead_at IS NULL AND ${STANDS} ORDER BY d.id LIMIT 1`,
      lane,
    )
    return row ? { row: toDelivery(row), isLast: row.is_last === 1 } : { row: null, isLast: true }
  }

  return {
    headOf,
    head: lane => headOf(lane).row,
    lastId: () =>
      sql.get<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'deliveries'")?.seq ?? 0,
    hasNext: (lane, id) =>
      sql.get(
        'SELECT 1 FROM deliveries INDEXED BY deliveries_pending WHERE lane = ? AND dead_at IS NULL AND id > ? LIMIT 1',
        lane,
        id,
      ) !== undefined,
    hasPending: streamId =>
      // `}` comes after `|`.
      sql.get(
        'SELECT 1 FROM deliveries INDEXED BY deliveries_pending WHERE dead_at IS NULL AND lane > ? AND lane < ? LIMIT 1',
        `${streamId}|`,
        `${streamId}}`,
      ) !== undefined,
    pendingOf: (streamIds, most) =>
      sql
        .all<{ key: number; pending: number }>(
          `SELECT key, (SELECT count(*) FROM (SELECT 1 FROM deliveries INDEXED BY deliveries_pending
             WHERE dead_at IS NULL AND lane >= json_each.value AND lane < json_each.value || '}' LIMIT ?2)) AS pending
           FROM json_each(?1)`,
          JSON.stringify(streamIds),
          most,
        )
        .toSorted((one, other) => one.key - other.key)
        .map(row => row.pending),
    lanes: (after, limit) =>
      // Jumps from lane to lane along the index, whatever the number of deliveries in each.
      sql
        .all<Pick<DeliveryColumns, 'id' | 'lane' | 'kind' | 'session_id' | 'at' | 'next_at' | 'attempts'>>(
          `WITH RECURSIVE pending(lane) AS (
             SELECT (SELECT min(lane) FROM deliveries INDEXED BY deliveries_pending
               WHERE dead_at IS NULL AND lane > ?1)
             UNION ALL
             SELECT (SELECT min(d.lane) FROM deliveries d INDEXED BY deliveries_pending
               WHERE d.dead_at IS NULL AND d.lane > pending.lane)
             FROM pending WHERE pending.lane IS NOT NULL
             LIMIT ?2
           )
           SELECT d.id, p.lane, d.kind, d.session_id, d.at, d.next_at, d.attempts FROM pending p
           JOIN deliveries d ON d.id = (SELECT h.id FROM deliveries h INDEXED BY deliveries_pending
             WHERE h.lane = p.lane AND h.dead_at IS NULL ORDER BY h.id LIMIT 1)`,
          after,
          limit,
        )
        .map(row => ({
          id: row.id,
          lane: row.lane,
          kind: row.kind,
          sessionId: row.session_id,
          at: row.at,
          nextAt: row.next_at,
          attempts: row.attempts,
        })),
    counts() {
      const { pending, dead } = sql.get<{ pending: number; dead: number }>(
        `SELECT (SELECT count(*) FROM deliveries WHERE dead_at IS NULL) AS pending,
                (SELECT count(*) FROM deliveries WHERE dead_at IS NOT NULL) AS dead`,
      )!
      return { pending, dead }
    },
    backlog() {
      const { lanes, oldest_at } = sql.get<{ lanes: number; oldest_at: number | null }>(
        // Both walk the index of what is pending: however many dead letters are older.
        `SELECT (SELECT count(DISTINCT lane) FROM deliveries INDEXED BY deliveries_pending WHERE dead_at IS NULL) AS lanes,
                (SELECT at FROM deliveries WHERE id =
                  (SELECT min(id) FROM deliveries INDEXED BY deliveries_pending WHERE dead_at IS NULL)) AS oldest_at`,
      )!
      return { lanes, oldestAt: oldest_at }
    },
    find(id) {
      const row = sql.get<DeliveryColumns>(`${SELECT} WHERE d.id = ? AND ${STANDS}`, id)
      return row ? toDelivery(row) : null
    },
    page({ state, sessionId, before = Number.MAX_SAFE_INTEGER, limit }) {
      const [beyondThem, them] = state === 'dead' ? [BEYOND_DEAD, PAGE_OF_DEAD] : [BEYOND, PAGE_OF_WAITING]
      const beyond = sql.get<{ id: number }>(beyondThem, before, MOST_LOOKED_AT)
      const rows = sql
        .all<DeliveryColumns>(them, before, beyond?.id ?? 0, sessionId ?? null, limit)
        .map(toDelivery)
      const last = rows.length === limit ? rows.at(-1)!.id : beyond && beyond.id + 1
      return { rows, next: last ?? null }
    },
  }
}

export function writeDeliveries(
  sql: Statements,
  streamId: string,
  deliveries: NonNullable<EncodedWrite['deliveries']>,
): void {
  for (const { id, webhookId, kind, lane, sessionId, seq, at, payload } of deliveries) {
    if (kind === 'status')
      for (const dead of ['IS NULL', 'IS NOT NULL'])
        sql.run(`DELETE FROM deliveries WHERE lane = ? AND kind = 'status' AND dead_at ${dead}`, lane)
    // Pending already: the same delivery. Dead: it lives again.
    sql.run(
      `INSERT INTO deliveries (webhook_id, kind, lane, stream_id, session_id, seq, at, payload, next_at, id)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7, ?9)
       ON CONFLICT (stream_id, seq, kind) DO UPDATE SET dead_at = NULL, tries = 0, attempts = 0, at = excluded.at, next_at = excluded.next_at
       WHERE dead_at IS NOT NULL`,
      webhookId,
      kind,
      lane,
      streamId,
      sessionId,
      seq,
      at,
      payload,
      id,
    )
  }
}

/** Records what came of an attempt; `acceptedStatus` is the caller's to record. */
export function settleDelivery(sql: Statements, id: number, outcome: DeliveryOutcome): void {
  if ('done' in outcome) sql.run('DELETE FROM deliveries WHERE id = ? AND dead_at IS NULL', id)
  else if ('redriven' in outcome)
    sql.run(
      'UPDATE deliveries SET dead_at = NULL, tries = 0, attempts = 0, at = ?1, next_at = ?1 WHERE id = ?2 AND dead_at IS NOT NULL',
      outcome.at,
      id,
    )
  else if ('hastened' in outcome)
    sql.run(
      `UPDATE deliveries SET next_at = ?1, tries = max(tries - 1, 0), attempts = max(attempts - 1, 0)
       WHERE id = ?2 AND dead_at IS NULL AND next_at > ?1`,
      outcome.at,
      id,
    )
  else if ('dead' in outcome)
    sql.run(
      'UPDATE deliveries SET dead_at = ?, attempts = attempts + 1, last_error = ? WHERE id = ? AND dead_at IS NULL',
      outcome.at,
      outcome.error,
      id,
    )
  else
    sql.run(
      `UPDATE deliveries SET next_at = ?, last_error = ?, tries = tries + ?, attempts = attempts + ?
       WHERE id = ? AND dead_at IS NULL`,
      outcome.retryAt,
      outcome.error,
      Number(outcome.countsTry),
      Number(outcome.countsAttempt),
      id,
    )
}

/**
 * Erases at most `limit` of what a session has to tell of messages and its account, and dead letters about its sends; statuses are told.
 * Returns their number.
 */
export function eraseDeliveries(sql: Statements, streamId: string, limit: number): number {
  return sql.run(
    `DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries INDEXED BY deliveries_once
       WHERE stream_id = ? AND (kind IN ('messages', 'events') OR (kind = 'receipt' AND dead_at IS NOT NULL))
       ORDER BY seq LIMIT ?)`,
    streamId,
    limit,
  )
}

/** Erases what callers gave to sends in at most `limit` of the dead letters about them from before `before`. Returns their number. */
export function eraseDescriptions(sql: Statements, before: number, limit: number): number {
  return sql.run(
    `UPDATE deliveries SET payload = CASE json_valid(payload) WHEN 0 THEN '{}' ELSE json_replace(payload, '$.metadata', NULL) END
     WHERE id IN (SELECT id FROM deliveries INDEXED BY deliveries_described
       WHERE kind = 'receipt' AND dead_at IS NOT NULL AND instr(payload, '"metadata":{') > 0 AND at < ? ORDER BY at LIMIT ?)`,
    before,
    limit,
  )
}

/** Forgets at most `limit` old dead letters. */
export function pruneDead(sql: Statements, now: number, limit: number): void {
  sql.run(
    'DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE dead_at < ? ORDER BY dead_at LIMIT ?)',
    now - DEAD_KEPT_MS,
    limit,
  )
}
