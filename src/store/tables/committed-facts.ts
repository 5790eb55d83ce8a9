import type { CommittedFact } from '../../ports/event-log.ts'
import type { Statements } from '../statements.ts'
import { type EventColumns, toEvent } from './events.ts'

/** A session that has facts behind a position. */
export type Talker = { stream_id: string; session_id: string; last_seq: number; erased: number }

/** The newest position that a fact can have which was committed before this process wrote any. */
export function takenPositions(sql: Statements): number {
  return sql.get<{ positions: number }>('SELECT positions FROM store')!.positions
}

/** The id of the newest session, deleted or not; 0 without any. */
export function newestSession(sql: Statements): number {
  return sql.get<{ id: number | null }>('SELECT max(id) AS id FROM sessions')!.id ?? 0
}

export function sessionIdOf(sql: Statements, streamId: string): string {
  return sql.get<{ session_id: string }>('SELECT session_id FROM sessions WHERE stream_id = ?', streamId)!
    .session_id
}

/** Sessions with facts behind a position, of those whose ids are above `from` and at most `to`. */
export function talkersBehind(sql: Statements, position: number, from: number, to: number): Talker[] {
  return sql.all<Talker>(
    `SELECT stream_id, session_id, last_seq, erased_at IS NOT NULL AS erased FROM sessions
     WHERE id > ? AND id <= ? AND last_position > ?`,
    from,
    to,
    position,
  )
}

/** The facts of a session behind a position and up to `until`, at most `limit` of them, the newest first. */
export function factsBehind(
  sql: Statements,
  { stream_id, session_id, last_seq, erased }: Talker,
  position: number,
  until: number,
  limit: number,
): CommittedFact[] {
  return sql
    .takeWhile<EventColumns & { position: number | null }>(
      // Those of before have no position: the first of them is the end.
      `SELECT * FROM events WHERE stream_id = ? AND seq >= ? AND (position IS NULL OR position <= ?)
       ORDER BY seq DESC LIMIT ?`,
      row => (row.position ?? 0) > position,
      stream_id,
      erased ? last_seq : 1,
      until,
      limit,
    )
    .map(row => ({ ...toEvent(row), sessionId: session_id, position: row.position! }))
}
