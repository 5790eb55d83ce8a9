import { expect, it } from 'vitest'
import { dashboardLoader } from '../../src/dashboard/load-dashboard.ts'
import type { DashboardParts } from '../../src/dashboard/parts.ts'
import type { Dashboard } from '../../src/ports/dashboard/dashboard.ts'

const parts = {} as DashboardParts
const dashboard: Dashboard = { fetch: () => new Response() }

it('what could not be loaded is loaded anew at the next visit, and once it is there not again', async () => {
  const outcomes: (Error | Dashboard)[] = [new Error('EMFILE: too many open files'), dashboard]
  const load = dashboardLoader(parts, async given => {
    expect(given).toBe(parts)
    const outcome = outcomes.shift()!
    if (outcome instanceof Error) throw outcome
    return outcome
  })
  const refused = await Promise.allSettled([load(), load()])
  expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(outcomes).toEqual([dashboard])
  expect(await Promise.all([load(), load()])).toEqual([dashboard, dashboard])
  expect(await load()).toBe(dashboard)
})
