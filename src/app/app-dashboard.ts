import { dashboardLoader } from '../dashboard/load-dashboard.ts'
import type { DashboardParts } from '../dashboard/parts.ts'
import type { Deliveries } from '../laravel/deliveries.ts'
import { causeOfFailure } from '../laravel/undelivered.ts'
import type { SessionQueries } from '../ports/session-queries.ts'
import type { Store } from '../ports/store.ts'
import { createHistory } from '../sessions/history.ts'
import { createOverview } from '../sessions/overview.ts'
import type { Supervisor } from '../sessions/supervisor/supervisor.ts'

export interface AppDashboardParts extends Pick<DashboardParts, 'files' | 'ready' | 'now'> {
  store: Store
  supervisor: Supervisor
  queries: SessionQueries
  deliveries: Pick<Deliveries, 'probesAt'>
  /** When Laravel took a delivery lately. */
  takenAt: Parameters<typeof createHistory>[2]['takenAt']
}

/** What the pages show, of the parts that know it. */
export function createAppDashboard(parts: AppDashboardParts): ReturnType<typeof dashboardLoader> {
  const { store, supervisor, queries, deliveries, takenAt, ...rest } = parts
  return dashboardLoader({
    ...rest,
    overview: createOverview(store, supervisor),
    history: createHistory(store, queries, {
      now: rest.now,
      takenAt,
      causeOf: error => causeOfFailure(error, deliveries.probesAt('messages') === null),
    }),
    facts: store.committed,
    deliveries: store.deliveries,
  })
}
