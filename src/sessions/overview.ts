import type { SessionContext } from '../../machines/session.context.ts'
import { MOST_COUNTED, type Overview, type SessionOverview } from '../ports/dashboard/overview.ts'
import type { SessionView } from '../ports/session-queries.ts'
import type { SessionRow } from '../ports/session-table.ts'
import type { Store } from '../ports/store.ts'
import { showStoredSession } from './host/stored-session.ts'
import { sessionViewOf } from './session-view.ts'
import type { Supervisor } from './supervisor/supervisor.ts'

/** All sessions at a glance, from what is committed. */
export function createOverview(store: Store, supervisor: Pick<Supervisor, 'whyUnreadable'>): Overview {
  const overviewOf = (row: SessionRow, deliveries: number, sends: number): SessionOverview => {
    const why = supervisor.whyUnreadable(row.sessionId) ?? row.standsStill
    const view = sessionViewOf(row, why)
    const { context } = showStoredSession(row)
    return {
      ...view,
      since: why === null ? sinceOf(view.state, context, row.since) : row.since,
      byCode: context.phoneNumber !== undefined,
      waiting: { deliveries, sends },
    }
  }

  async function overviewsOf(rows: SessionRow[]): Promise<SessionOverview[]> {
    const streams = rows.map(({ streamId }) => streamId)
    const pending = await store.deliveries.pendingOf(streams, MOST_COUNTED)
    const unsent = await Promise.all(streams.map(stream => store.messages.unsentOf(stream, MOST_COUNTED)))
    return rows.map((row, n) => overviewOf(row, pending[n]!, unsent[n]!))
  }

  return {
    async page(after, limit) {
      const { count, rows } = await store.sessions.list({ after, limit })
      const next = rows.length === limit ? (rows.at(-1)?.sessionId ?? null) : null
      return { count, sessions: await overviewsOf(rows), next }
    },
    async of(sessionIds) {
      const rows = await Promise.all(sessionIds.map(sessionId => store.sessions.find(sessionId)))
      return overviewsOf(rows.filter(row => row !== null))
    },
  }
}

/** A session that is away is so over all its tries. */
function sinceOf(state: SessionView['state'], context: SessionContext, since: number): number {
  if (state === 'open') return context.openedAt ?? since
  return context.outage?.since ?? since
}
