import type { DeliveryTable, LaneHead } from '../../../ports/delivery-table.ts'
import { type DeliveryColumns, toDelivery } from '../../tables/deliveries.ts'
import type { Sql } from '../connection.ts'

const COLUMNS = `d.id, d.webhook_id, d.kind, d.lane, d.stream_id, d.session_id, d.seq, d.at, d.payload, d.tries, d.attempts,
    d.next_at, d.last_error, d.dead_at, m.content, f.state AS file_state, f.error AS file_error`
const JOINED = `LEFT JOIN messages m ON d.payload IS NULL AND m.stream_id = d.stream_id AND m.seq = d.seq
  LEFT JOIN downloads f ON d.kind = 'messages' AND f.stream_id = d.stream_id AND f.seq = d.seq`
const SELECT = `SELECT ${COLUMNS} FROM deliveries d ${JOINED}`

/** What a deleted session had to tell goes in slices, and is told to nobody meanwhile. */
const STANDS = `NOT (d.kind IN ('messages', 'events') AND EXISTS (
  SELECT 1 FROM erasures e WHERE e.stream_id = d.stream_id))`

const HEADS = `SELECT ${COLUMNS}, NOT EXISTS (
    SELECT 1 FROM deliveries n WHERE n.lane = d.lane AND n.dead_at IS NULL AND n.id > d.id) AS is_last
  FROM unnest($1::text[]) AS wanted(lane) CROSS JOIN LATERAL (
    SELECT d.* FROM deliveries d WHERE d.lane = wanted.lane AND d.dead_at IS NULL AND ${STANDS} ORDER BY d.id LIMIT 1) d
  ${JOINED}`

/** The heads of many lanes at once. */
export async function headsOf(sql: Sql, lanes: string[]): Promise<Map<string, LaneHead>> {
  const rows = await sql.all<DeliveryColumns & { is_last: boolean }>(HEADS, lanes)
  const heads = new Map<string, LaneHead>(lanes.map(lane => [lane, { row: null, isLast: true }]))
  for (const row of rows) heads.set(row.lane, { row: toDelivery(row), isLast: row.is_last })
  return heads
}

/** So many are looked at for one page, whatever is asked of them. */
const MOST_LOOKED_AT = 5_000

const IS = { waiting: 'd.dead_at IS NULL', dead: 'd.dead_at IS NOT NULL' } as const

export function deliveryReads(sql: Sql): Omit<DeliveryTable, 'settle'> {
  return {
    async head(lane) {
      const row = await sql.get<DeliveryColumns>(
        `${SELECT} WHERE d.lane = $1 AND d.dead_at IS NULL AND ${STANDS} ORDER BY d.id LIMIT 1`,
        lane,
      )
      return row ? toDelivery(row) : null
    },
    async hasNext(lane, id) {
      const row = await sql.get(
        'SELECT 1 FROM deliveries WHERE lane = $1 AND dead_at IS NULL AND id > $2 LIMIT 1',
        lane,
        id,
      )
      return row !== undefined
    },
    async lanes(after, limit) {
      // Jumps from lane to lane along the index, whatever waits in each.
      const rows = await sql.all<{
        id: number
        lane: string
        kind: DeliveryColumns['kind']
        session_id: string
        at: number
        next_at: number
        attempts: number
      }>(
        `WITH RECURSIVE pending AS (
           (SELECT lane, id FROM deliveries WHERE dead_at IS NULL AND lane > $1 ORDER BY lane, id LIMIT 1)
           UNION ALL
           SELECT n.lane, n.id FROM pending p CROSS JOIN LATERAL (SELECT lane, id FROM deliveries
             WHERE dead_at IS NULL AND lane > p.lane ORDER BY lane, id LIMIT 1) n
         )
         SELECT d.id, d.lane, d.kind, d.session_id, d.at, d.next_at, d.attempts
         FROM (SELECT lane, id FROM pending LIMIT $2) p JOIN deliveries d ON d.id = p.id ORDER BY d.lane`,
        after,
        limit,
      )
      return rows.map(row => ({
        id: row.id,
        lane: row.lane,
        kind: row.kind,
        sessionId: row.session_id,
        at: row.at,
        nextAt: row.next_at,
        attempts: row.attempts,
      }))
    },
    async hasPending(streamId) {
      // `}` comes after `|`.
      const row = await sql.get(
        'SELECT 1 FROM deliveries WHERE dead_at IS NULL AND lane > $1 AND lane < $2 LIMIT 1',
        `${streamId}|`,
        `${streamId}}`,
      )
      return row !== undefined
    },
    async pendingOf(streamIds, most) {
      if (streamIds.length === 0) return []
      const rows = await sql.all<{ pending: number }>(
        `SELECT (SELECT count(*) FROM (SELECT 1 FROM deliveries d
           WHERE d.dead_at IS NULL AND d.lane >= u.stream_id AND d.lane < u.stream_id || '}' LIMIT $2) AS p) AS pending
         FROM unnest($1::text[]) WITH ORDINALITY AS u(stream_id, n) ORDER BY u.n`,
        streamIds,
        most,
      )
      return rows.map(({ pending }) => pending)
    },
    async counts() {
      const row = await sql.get<{ pending: number; dead: number }>(
        `SELECT (SELECT count(*) FROM deliveries WHERE dead_at IS NULL) AS pending,
                (SELECT count(*) FROM deliveries WHERE dead_at IS NOT NULL) AS dead`,
      )
      return row!
    },
    async backlog() {
      const row = await sql.get<{ lanes: number; oldest_at: number | null }>(
        `SELECT count(DISTINCT lane) AS lanes,
           (SELECT at FROM deliveries WHERE id = (SELECT min(id) FROM deliveries WHERE dead_at IS NULL)) AS oldest_at
         FROM deliveries WHERE dead_at IS NULL`,
      )
      return { lanes: row!.lanes, oldestAt: row!.oldest_at }
    },
    async find(id) {
      const row = await sql.get<DeliveryColumns>(`${SELECT} WHERE d.id = $1 AND ${STANDS}`, id)
      return row ? toDelivery(row) : null
    },
    async page({ state, sessionId, before = Number.MAX_SAFE_INTEGER, limit }) {
      // Of what waits, what is dead is looked at, too: where only few wait, the others need not be counted.
      const among = state === 'dead' ? 'd.dead_at IS NOT NULL AND' : ''
      const beyond = await sql.get<{ id: number }>(
        `SELECT d.id FROM deliveries d WHERE ${among} d.id < $1 ORDER BY d.id DESC LIMIT 1 OFFSET $2`,
        before,
        MOST_LOOKED_AT,
      )
      const rows = await sql.all<DeliveryColumns>(
        `${SELECT} WHERE ${IS[state]} AND d.id < $1 AND d.id > $2 AND ($3::text IS NULL OR d.session_id = $3) AND ${STANDS}
         ORDER BY d.id DESC LIMIT $4`,
        before,
        beyond?.id ?? 0,
        sessionId ?? null,
        limit,
      )
      const last = rows.length === limit ? rows.at(-1)!.id : beyond && beyond.id + 1
      return { rows: rows.map(toDelivery), next: last ?? null }
    },
  }
}
