import type { DeliveryOutcome } from '../../../ports/delivery-table.ts'
import type { EncodedWrite } from '../../encoded-write.ts'
import { columnsOf, type Kind, unnest, updateMany } from '../bulk.ts'
import type { Param, Sql } from '../connection.ts'

type NewDelivery = NonNullable<EncodedWrite['deliveries']>[number] & { streamId: string }

const COLUMNS: Record<string, Kind> = {
  webhook_id: 'text',
  kind: 'text',
  lane: 'text',
  stream_id: 'text',
  session_id: 'text',
  seq: 'bigint',
  at: 'bigint',
  payload: 'text',
  next_at: 'bigint',
}

const NAMES = Object.keys(COLUMNS).join(', ')
const WIDTH = Object.keys(COLUMNS).length

// Numbered in their order: whoever writes to a lane has its stream locked, so that its ids are in the order of commits.
const INSERT = `INSERT INTO deliveries (id, ${NAMES}) SELECT nextval('delivery_ids'), ${NAMES}
  FROM (SELECT * FROM ${unnest(Object.values(COLUMNS))} WITH ORDINALITY AS u(${NAMES}, n) ORDER BY n) AS ordered
  -- Pending already: the same delivery. Dead: it lives again.
  ON CONFLICT (stream_id, seq, kind) DO UPDATE
  SET dead_at = NULL, tries = 0, attempts = 0, at = excluded.at, next_at = excluded.next_at
  WHERE deliveries.dead_at IS NOT NULL`

/** What one group of writes has to tell Laravel. */
export class DeliveryWrites {
  /** By stream, seq and kind; a status by its lane alone. */
  #rows = new Map<string, NewDelivery>()
  #statuses = new Set<string>()

  add({ streamId, deliveries = [] }: EncodedWrite): void {
    for (const delivery of deliveries) {
      const { kind, lane, seq } = delivery
      const key = kind === 'status' ? `status\0${lane}` : `${streamId}\0${seq}\0${kind}`
      if (kind === 'status') {
        this.#statuses.add(lane)
        this.#rows.delete(key)
      } else if (this.#rows.has(key)) continue
      this.#rows.set(key, { ...delivery, streamId })
    }
  }

  flush(sql: Sql): Promise<unknown> {
    const rows = [...this.#rows.values()].map((row): Param[] => {
      const { webhookId, kind, lane, streamId, sessionId, seq, at, payload } = row
      return [webhookId, kind, lane, streamId, sessionId, seq, at, payload, at]
    })
    const lanes = [...this.#statuses]
    this.#rows = new Map()
    this.#statuses = new Set()
    return Promise.all([
      ...(lanes.length === 0 ? [] : ['IS NULL', 'IS NOT NULL']).map(dead =>
        sql.run(`DELETE FROM deliveries WHERE kind = 'status' AND dead_at ${dead} AND lane = ANY($1)`, lanes),
      ),
      rows.length > 0 && sql.run(INSERT, ...columnsOf(rows, WIDTH)),
    ])
  }
}

const SETTLED: Record<string, Kind> = {
  id: 'bigint',
  to: 'text',
  at: 'bigint',
  error: 'text',
  tries: 'bigint',
  attempts: 'bigint',
}
const DEAD = 'u."to" IN (\'redriven\')'

/** What came of attempts, each delivery at most once. */
export function settleDeliveries(
  sql: Sql,
  settled: [id: number, outcome: DeliveryOutcome][],
): Promise<unknown> {
  const done = settled.flatMap(([id, outcome]) => ('done' in outcome ? [id] : []))
  const others = settled.flatMap(([id, outcome]) => ('done' in outcome ? [] : [outcomeColumns(id, outcome)]))
  return Promise.all([
    done.length > 0 &&
      sql.run('DELETE FROM deliveries WHERE dead_at IS NULL AND id = ANY($1::bigint[])', done),
    updateMany(
      sql,
      'deliveries d',
      {
        set: `dead_at = CASE u."to" WHEN 'dead' THEN u.at WHEN 'redriven' THEN NULL ELSE d.dead_at END,
          at = CASE u."to" WHEN 'redriven' THEN u.at ELSE d.at END,
          next_at = CASE u."to" WHEN 'dead' THEN d.next_at ELSE u.at END,
          last_error = coalesce(u.error, d.last_error),
          tries = CASE u."to" WHEN 'redriven' THEN 0 ELSE greatest(d.tries + u.tries, 0) END,
          attempts = CASE u."to" WHEN 'redriven' THEN 0 ELSE greatest(d.attempts + u.attempts, 0) END`,
        columns: Object.fromEntries(Object.entries(SETTLED).map(([name, kind]) => [`"${name}"`, kind])),
        where: `d.id = u.id AND (d.dead_at IS NOT NULL) = (${DEAD}) AND (u."to" <> 'hastened' OR d.next_at > u.at)`,
      },
      others,
    ),
  ])
}

function outcomeColumns(id: number, outcome: Exclude<DeliveryOutcome, { done: true }>): Param[] {
  if ('redriven' in outcome) return [id, 'redriven', outcome.at, null, 0, 0]
  if ('hastened' in outcome) return [id, 'hastened', outcome.at, null, -1, -1]
  if ('dead' in outcome) return [id, 'dead', outcome.at, outcome.error, 0, 1]
  const { retryAt, error, countsTry, countsAttempt } = outcome
  return [id, 'retry', retryAt, error, Number(countsTry), Number(countsAttempt)]
}
