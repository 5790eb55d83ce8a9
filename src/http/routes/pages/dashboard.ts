import { Hono } from 'hono'
import type { StatusCode } from 'hono/utils/http-status'
import type { Dashboard, Visitor } from '../../../ports/dashboard/dashboard.ts'
import type { HttpContext, HttpEnv } from '../../context.ts'

/** Loads the pages, which most processes never show. */
export type LoadDashboard = () => Promise<Dashboard>

/** The operator's pages; with DASHBOARD=false there is nothing at their paths. */
export function dashboardRoutes(load: LoadDashboard | null): Hono<HttpEnv> {
  const show = (c: HttpContext) => showDashboard(c, load, c.get('visitor'))
  return new Hono<HttpEnv>().get('/', show).get('/login', show).get('/dashboard/*', show)
}

/** What the dashboard answers to this request, under the headers that every answer has. */
export async function showDashboard(
  c: HttpContext,
  load: LoadDashboard | null,
  visitor: Visitor,
): Promise<Response> {
  if (load === null) return c.notFound()
  const { body, status, headers } = await (await load()).fetch(c.req.raw, visitor)
  return c.newResponse(body, status as StatusCode, Object.fromEntries(headers))
}
