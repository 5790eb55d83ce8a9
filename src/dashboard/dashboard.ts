import type { Dashboard } from '../ports/dashboard/dashboard.ts'
import { loadAssets } from './assets.ts'
import type { DashboardParts } from './parts.ts'
import { createRoutes } from './routes.ts'

/** The pages for operators. Their scripts ask the routes that everybody asks, and a few below /dashboard/ that are theirs. */
export async function createDashboard(parts: DashboardParts): Promise<Dashboard> {
  const app = createRoutes(parts, await loadAssets())
  return { fetch: (request, visitor) => app.fetch(request, { visitor }) }
}
