import type { EventLog, LoggedRow, StoredEvent } from '../../ports/event-log.ts'
import type { Synchronous } from '../asynchronous.ts'
import type { Statements } from '../statements.ts'

export type EventColumns = {
  stream_id: string
  seq: number
  at: number
  type: string
  data: string
  state: string | null
  context: string | null
  machine_version: string | null
}

export const toEvent = (row: EventColumns): StoredEvent => ({
  streamId: row.stream_id,
  seq: row.seq,
  at: row.at,
  type: row.type,
  data: dataIn(row.data),
  snapshot:
    row.state === null || row.context === null || row.machine_version === null
      ? null
      : { state: row.state, context: row.context, machineVersion: row.machine_version },
})

/** One damaged row must not hide the others of its log. */
export function dataIn(stored: string): StoredEvent['data'] {
  try {
    return JSON.parse(stored)
  } catch {
    return { unreadable: true }
  }
}

/** So many rows are looked at for a page of what is not of the session itself. */
const MOST_LOOKED_AT = 1_000

type LoggedColumns = Pick<EventColumns, 'seq' | 'at' | 'type' | 'data' | 'state'>

const LOGGED = 'SELECT seq, at, type, data, state FROM events'
const ANY_BEFORE = `${LOGGED} WHERE stream_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?`
const LIFECYCLE_BEFORE = `${LOGGED} INDEXED BY events_lifecycle
  WHERE stream_id = ? AND seq < ? AND state IS NOT NULL ORDER BY seq DESC LIMIT ?`

const toLogged = (row: LoggedColumns): LoggedRow => ({ ...row, data: dataIn(row.data) })

export function logReads(sql: Statements): Synchronous<EventLog> {
  return {
    after: (streamId, seq, limit) =>
      sql
        .all<EventColumns>(
          'SELECT * FROM events WHERE stream_id = ? AND seq > ? ORDER BY seq LIMIT ?',
          streamId,
          seq,
          limit,
        )
        .map(toEvent),
    stateAt(streamId, seq) {
      const row = sql.get<EventColumns>(
        'SELECT * FROM events INDEXED BY events_lifecycle WHERE stream_id = ? AND seq <= ? AND state IS NOT NULL ORDER BY seq DESC LIMIT 1',
        streamId,
        seq,
      )
      return row ? toEvent(row) : null
    },
    nextState: (streamId, seq) =>
      sql.get<{ seq: number }>(
        'SELECT seq FROM events INDEXED BY events_lifecycle WHERE stream_id = ? AND seq > ? AND state IS NOT NULL ORDER BY seq LIMIT 1',
        streamId,
        seq,
      )?.seq ?? null,
    before(streamId, seq, limit, kind) {
      if (kind !== 'messages') {
        const text = kind === 'all' ? ANY_BEFORE : LIFECYCLE_BEFORE
        const rows = sql.all<LoggedColumns>(text, streamId, seq, limit)
        return { rows: rows.map(toLogged), next: rows.length === limit ? (rows.at(-1)?.seq ?? null) : null }
      }
      let found = 0
      const looked = sql.takeWhile<LoggedColumns>(
        ANY_BEFORE,
        ({ state }) => {
          if (state === null) found++
          return found <= limit
        },
        streamId,
        seq,
        MOST_LOOKED_AT,
      )
      const isAll = found <= limit && looked.length < MOST_LOOKED_AT
      return {
        rows: looked.filter(({ state }) => state === null).map(toLogged),
        next: isAll ? null : (looked.at(-1)?.seq ?? null),
      }
    },
  }
}

/** Erases at most `limit` facts of a session from before `keepFrom` (a seq); returns their number. */
export function eraseEvents(sql: Statements, streamId: string, keepFrom: number, limit: number): number {
  return sql.run(
    `DELETE FROM events WHERE stream_id = ?1 AND seq IN
       (SELECT seq FROM events WHERE stream_id = ?1 AND seq < ?2 ORDER BY seq LIMIT ?3)`,
    streamId,
    keepFrom,
    limit,
  )
}

/**
 * Removes the facts of messages from before `before` after the seq `goneTo`, up to which none is left; the facts of the session itself
 * stay. `looked`: how many facts were looked at, at most `limit`.
 */
export function pruneFacts(
  sql: Statements,
  streamId: string,
  goneTo: number,
  before: number,
  limit: number,
): { removed: number; looked: number } {
  const old = sql.takeWhile<{ seq: number; at: number; of_session: number }>(
    'SELECT seq, at, state IS NOT NULL AS of_session FROM events WHERE stream_id = ? AND seq > ? ORDER BY seq LIMIT ?',
    ({ at }) => at < before,
    streamId,
    goneTo,
    limit,
  )
  const last = old.at(-1)
  if (last === undefined) return { removed: 0, looked: 0 }
  const facts = old.filter(({ of_session }) => of_session === 0)
  for (const { seq } of facts) sql.run('DELETE FROM events WHERE stream_id = ? AND seq = ?', streamId, seq)
  sql.run('UPDATE sessions SET facts_gone_to = ? WHERE stream_id = ?', last.seq, streamId)
  return { removed: facts.length, looked: old.length }
}
