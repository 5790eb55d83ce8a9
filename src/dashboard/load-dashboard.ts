import { loadOnce } from '../base/load-once.ts'
import type { Dashboard } from '../ports/dashboard/dashboard.ts'
import type { DashboardParts } from './parts.ts'

const load = async (parts: DashboardParts) => (await import('./dashboard.ts')).createDashboard(parts)

/** Loads the pages at the first request for one: a manager at which nobody looks has none of it in memory. */
export const dashboardLoader = (parts: DashboardParts, create = load): (() => Promise<Dashboard>) =>
  loadOnce(() => create(parts))
