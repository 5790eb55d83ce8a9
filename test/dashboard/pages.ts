import { createDashboard } from '../../src/dashboard/dashboard.ts'
import type { DashboardParts } from '../../src/dashboard/parts.ts'
import type { SessionOverview } from '../../src/ports/dashboard/overview.ts'
import { createTestHttp, NOW, view } from '../http/fakes.ts'
import { fakeHistory } from './fake-history.ts'

export const overviewOf = (over: Partial<SessionOverview> = {}): SessionOverview => ({
  ...view(),
  since: NOW - 60_000,
  byCode: false,
  waiting: { deliveries: 0, sends: 0 },
  ...over,
})

/** The pages over the HTTP edge on fakes; `asked` notes what is read of the sessions. */
export function createTestPages(
  over: Partial<DashboardParts> = {},
  http: Parameters<typeof createTestHttp>[0] = {},
) {
  const asked: unknown[] = []
  const parts: DashboardParts = {
    overview: {
      async page(after, limit) {
        asked.push({ after, limit })
        return { count: 1, sessions: [overviewOf()], next: null }
      },
      async of(sessionIds) {
        asked.push(sessionIds)
        return sessionIds.filter(id => id === 's1').map(() => overviewOf())
      },
    },
    history: fakeHistory,
    files: { has: async () => false, thumbnailQuery: async () => null, thumbnail: async () => null },
    facts: { catchUp: async () => {}, follow: () => ({ head: 41, end() {} }) },
    deliveries: { counts: async () => ({ pending: 3, dead: 2 }) },
    ready: async () => ({ ready: true, problems: [], warnings: [], laravel: null }),
    now: () => NOW,
    ...over,
  }
  return { ...createTestHttp({ dashboard: () => createDashboard(parts), ...http }), asked }
}

/** Logs in with a key, and gives the headers of a request by the page. */
export async function logIn(app: ReturnType<typeof createTestHttp>['app'], key: string) {
  const response = await app.request('/login', form({ key }))
  const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? ''
  return { cookie, 'sec-fetch-site': 'same-origin' }
}

/** A form as a browser sends it from the page itself. */
export function form(fields: Record<string, string>, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'sec-fetch-site': 'same-origin',
      ...headers,
    },
    body: new URLSearchParams(fields).toString(),
  }
}
