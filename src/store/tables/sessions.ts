import type { EstadoQr } from '../../../machines/facts.ts'
import type { SessionFilter, SessionRow, SessionTable } from '../../ports/session-table.ts'
import type { Synchronous } from '../asynchronous.ts'
import type { Statements } from '../statements.ts'
import { searchTerms } from './search.ts'
import { objectIn } from './stored-json.ts'
import { userIdIn } from './user-id.ts'

export type SessionColumns = {
  id: number
  stream_id: string
  session_id: string
  user_id: string
  metadata: string | null
  epoch: number
  last_seq: number
  created_at: number
  last_activity: number
  announced: EstadoQr | null
  told_estado: EstadoQr | null
  told_at: number | null
  state: string | null
  context: string | null
  machine_version: string | null
  since: number
  still_seq: number | null
  still_why: string | null
}

// A session whose newest row is gone is a session all the same.
const SELECT = `SELECT s.*, e.state, e.context, e.machine_version FROM sessions s
  LEFT JOIN events e ON e.stream_id = s.stream_id AND e.seq = s.state_seq
  WHERE s.erased_at IS NULL`

const PAGE = 100

export const toSession = (row: SessionColumns): SessionRow => ({
  streamId: row.stream_id,
  sessionId: row.session_id,
  userId: userIdIn(row.user_id),
  metadata: row.metadata === null ? null : objectIn(row.metadata),
  epoch: row.epoch,
  lastSeq: row.last_seq,
  createdAt: row.created_at,
  lastActivity: row.last_activity,
  announced: row.announced,
  acceptedStatus:
    row.told_estado === null || row.told_at === null ? null : { estadoQr: row.told_estado, at: row.told_at },
  state: row.state ?? '',
  context: row.context ?? '',
  machineVersion: row.machine_version ?? '',
  since: row.since,
  standsStill: row.still_seq === row.last_seq ? row.still_why : null,
})

/** The conditions of a filter and their parameters; the user id of a query has lost its type. */
function conditions({ state, userId, q }: SessionFilter): { where: string; params: string[] } {
  const parts: string[] = []
  const params: string[] = []
  if (state !== undefined) {
    parts.push('AND s.top_state = ?')
    params.push(state)
  }
  if (userId !== undefined) {
    parts.push('AND s.user_id IN (?, ?)')
    params.push(JSON.stringify(userId), JSON.stringify(Number(userId)) === userId ? userId : 'null')
  }
  if (q !== undefined) {
    parts.push('AND (instr(s.search, ?) OR instr(s.search, ?))')
    params.push(...searchTerms(q))
  }
  return { where: parts.join(' '), params }
}

export function sessionReads(sql: Statements): Synchronous<SessionTable> {
  return {
    find(sessionId) {
      const row = sql.get<SessionColumns>(`${SELECT} AND s.session_id = ?`, sessionId)
      return row ? toSession(row) : null
    },
    list(filter) {
      const { where, params } = conditions(filter)
      const { count } = sql.get<{ count: number }>(
        `SELECT count(*) AS count FROM sessions s WHERE s.erased_at IS NULL ${where}`,
        ...params,
      )!
      const rows = sql.all<SessionColumns>(
        `${SELECT} ${where} AND s.session_id > ? ORDER BY s.session_id LIMIT ?`,
        ...params,
        filter.after ?? '',
        filter.limit,
      )
      return { count, rows: rows.map(toSession) }
    },
    acceptedStatus(sessionId) {
      const row = sql.get<{ told_estado: EstadoQr; told_at: number }>(
        `SELECT told_estado, told_at FROM sessions WHERE session_id = ? AND told_at IS NOT NULL
         ORDER BY told_at DESC LIMIT 1`,
        sessionId,
      )
      return row ? { estadoQr: row.told_estado, at: row.told_at } : null
    },
    *all() {
      // Page by page: an open cursor would keep the write-ahead log from being reused.
      for (let after = 0; ; ) {
        const rows = sql.all<SessionColumns>(`${SELECT} AND s.id > ? ORDER BY s.id LIMIT ?`, after, PAGE)
        yield* rows.map(toSession)
        if (rows.length < PAGE) return
        after = rows.at(-1)!.id
      }
    },
  }
}
