import type { EventLog, StoredEvent } from '../../ports/event-log.ts'
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
function dataIn(stored: string): StoredEvent['data'] {
  try {
    return JSON.parse(stored)
  } catch {
    return { unreadable: true }
  }
}

export function logReads(sql: Statements): EventLog {
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
