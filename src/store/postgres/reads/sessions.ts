import type { EstadoQr } from '../../../../machines/facts.ts'
import type { SessionFilter, SessionRow, SessionTable } from '../../../ports/session-table.ts'
import { searchTerms } from '../../tables/search.ts'
import { type SessionColumns, toSession } from '../../tables/sessions.ts'
import type { Param, Sql } from '../connection.ts'

const SELECT = `SELECT id, stream_id, session_id, user_id, metadata, epoch, last_seq, created_at, last_activity, announced,
  told_estado, told_at, state, context, machine_version, since, still_seq, still_why FROM sessions WHERE erased_at IS NULL`

const PAGE = 100

/** The conditions of a filter and their parameters, from `$1` on; the user id of a query has lost its type. */
function conditions({ state, userId, q }: SessionFilter): { where: string; params: Param[] } {
  const parts: string[] = []
  const params: Param[] = []
  const next = (value: Param) => `$${params.push(value)}`
  if (state !== undefined) parts.push(`AND top_state = ${next(state)}`)
  if (userId !== undefined) {
    const asNumber = JSON.stringify(Number(userId)) === userId ? userId : 'null'
    parts.push(`AND user_id IN (${next(JSON.stringify(userId))}, ${next(asNumber)})`)
  }
  if (q !== undefined) {
    const [typed, number] = searchTerms(q.replaceAll('\0', ''))
    parts.push(`AND (strpos(search, ${next(typed)}) > 0 OR strpos(search, ${next(number)}) > 0)`)
  }
  return { where: parts.join(' '), params }
}

export interface SessionReads extends Omit<SessionTable, 'all'> {
  all(): AsyncIterable<SessionRow>
}

export function sessionReads(sql: Sql): SessionReads {
  return {
    async find(sessionId) {
      const row = await sql.get<SessionColumns>(`${SELECT} AND session_id = $1`, sessionId)
      return row ? toSession(row) : null
    },
    async list(filter) {
      const { where, params } = conditions(filter)
      const last = params.length
      const [total, rows] = await Promise.all([
        sql.get<{ count: number }>(
          `SELECT count(*) AS count FROM sessions WHERE erased_at IS NULL ${where}`,
          ...params,
        ),
        sql.all<SessionColumns>(
          `${SELECT} ${where} AND session_id > $${last + 1} ORDER BY session_id LIMIT $${last + 2}`,
          ...params,
          filter.after ?? '',
          filter.limit,
        ),
      ])
      return { count: total!.count, rows: rows.map(toSession) }
    },
    async acceptedStatus(sessionId) {
      const row = await sql.get<{ told_estado: EstadoQr; told_at: number }>(
        `SELECT told_estado, told_at FROM sessions WHERE session_id = $1 AND told_at IS NOT NULL
         ORDER BY told_at DESC LIMIT 1`,
        sessionId,
      )
      return row ? { estadoQr: row.told_estado, at: row.told_at } : null
    },
    async *all() {
      for (let after = 0; ; ) {
        const rows = await sql.all<SessionColumns>(`${SELECT} AND id > $1 ORDER BY id LIMIT $2`, after, PAGE)
        yield* rows.map(toSession)
        if (rows.length < PAGE) return
        after = rows.at(-1)!.id
      }
    },
  }
}
