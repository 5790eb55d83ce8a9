import type { Dashboard } from '../ports/dashboard/dashboard.ts'
import type { DashboardParts } from './parts.ts'

/** Loads the pages at the first request for one: a manager at which nobody looks has none of it in memory. */
export function dashboardLoader(parts: DashboardParts): () => Promise<Dashboard> {
  let loaded: Promise<Dashboard> | undefined
  return () => {
    loaded ??= import('./dashboard.ts').then(({ createDashboard }) => createDashboard(parts))
    return loaded
  }
}
