import type { EventLog, LoggedRow } from '../../../ports/event-log.ts'
import { dataIn, type EventColumns, toEvent } from '../../tables/events.ts'
import type { Sql } from '../connection.ts'

/** So many rows are looked at for a page of what is not of the session itself. */
const MOST_LOOKED_AT = 1_000

export const EVENT = 'e.stream_id, e.seq, e.at, e.type, e.data, e.state, e.context, e.machine_version'
const LOGGED = 'SELECT seq, at, type, data, state FROM events WHERE stream_id = $1 AND seq < $2'
type LoggedColumns = Pick<EventColumns, 'seq' | 'at' | 'type' | 'data' | 'state'>

const toLogged = (row: LoggedColumns): LoggedRow => ({ ...row, data: dataIn(row.data) })

export function logReads(sql: Sql): EventLog {
  return {
    async after(streamId, seq, limit) {
      const rows = await sql.all<EventColumns>(
        `SELECT ${EVENT} FROM events e WHERE stream_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
        streamId,
        seq,
        limit,
      )
      return rows.map(toEvent)
    },
    async stateAt(streamId, seq) {
      const row = await sql.get<EventColumns>(
        `SELECT ${EVENT} FROM events_lasting e WHERE stream_id = $1 AND seq <= $2 AND state IS NOT NULL
         ORDER BY seq DESC LIMIT 1`,
        streamId,
        seq,
      )
      return row ? toEvent(row) : null
    },
    async nextState(streamId, seq) {
      const row = await sql.get<{ seq: number }>(
        `SELECT seq FROM events_lasting WHERE stream_id = $1 AND seq > $2 AND state IS NOT NULL
         ORDER BY seq LIMIT 1`,
        streamId,
        seq,
      )
      return row?.seq ?? null
    },
    async before(streamId, seq, limit, kind) {
      if (kind !== 'messages') {
        const where = kind === 'all' ? '' : 'AND lasting AND state IS NOT NULL'
        const rows = await sql.all<LoggedColumns>(
          `${LOGGED} ${where} ORDER BY seq DESC LIMIT $3`,
          streamId,
          seq,
          limit,
        )
        return { rows: rows.map(toLogged), next: rows.length === limit ? (rows.at(-1)?.seq ?? null) : null }
      }
      const most = Math.min(MOST_LOOKED_AT, limit + 1)
      const rows = await sql.all<LoggedColumns>(
        `${LOGGED} AND state IS NULL ORDER BY seq DESC LIMIT $3`,
        streamId,
        seq,
        most,
      )
      const found = rows.slice(0, limit)
      return { rows: found.map(toLogged), next: rows.length === most ? (found.at(-1)?.seq ?? null) : null }
    },
  }
}
