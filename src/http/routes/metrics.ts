import { Hono } from 'hono'
import type { HttpEnv } from '../context.ts'

/** What counts and measures; absent where nobody does. */
export interface Measured {
  answered(request: { method: string; route: string; status: number; ms: number }): void
  text(accept: string | undefined): Promise<{ contentType: string; text: string }>
}

/** For Prometheus and whatever else reads its format or OpenMetrics. */
export function metricsRoutes(metrics: Pick<Measured, 'text'>): Hono<HttpEnv> {
  return new Hono<HttpEnv>().get('/metrics', async c => {
    const { contentType, text } = await metrics.text(c.req.header('accept'))
    return c.body(text, 200, { 'Content-Type': contentType })
  })
}
