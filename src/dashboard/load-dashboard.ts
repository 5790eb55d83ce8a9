import type { Dashboard } from '../ports/dashboard/dashboard.ts'
import type { DashboardParts } from './parts.ts'

const load = async (parts: DashboardParts) => (await import('./dashboard.ts')).createDashboard(parts)

/**
 * Loads the pages at the first request for one: a manager at which nobody looks has none of it in memory. What failed, where files ran
 * short say, is loaded anew at the next request.
 */
export function dashboardLoader(parts: DashboardParts, create = load): () => Promise<Dashboard> {
  let loaded: Promise<Dashboard> | undefined
  return () => {
    loaded ??= create(parts).catch((error: unknown) => {
      loaded = undefined
      throw error
    })
    return loaded
  }
}
