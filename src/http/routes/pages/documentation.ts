import { Hono } from 'hono'
import { accepts } from 'hono/accepts'
import type { Documentation, Packed } from '../../../ports/documentation.ts'
import type { HttpContext, HttpEnv } from '../../context.ts'

/** Makes what most processes are never asked for. */
export type LoadDocumentation = () => Promise<Documentation>

/** What this API is, for programs and for people: without a key, because it says nothing of who runs here. */
export function documentationRoutes(load: LoadDocumentation): Hono<HttpEnv> {
  return new Hono<HttpEnv>()
    .get('/openapi.json', async c => send(c, 'application/json', (await load()).json))
    .get('/docs', async c => {
      const { page, policy } = await load()
      c.header('Content-Security-Policy', policy)
      c.header('Referrer-Policy', 'same-origin')
      c.header('X-Frame-Options', 'DENY')
      return send(c, 'text/html; charset=utf-8', page)
    })
}

function send(c: HttpContext, type: string, { plain, gzipped }: Packed): Response {
  const encoding = accepts(c, { header: 'Accept-Encoding', supports: ['gzip'], default: 'identity' })
  c.header('Content-Type', type)
  c.header('Vary', 'Accept-Encoding')
  if (encoding !== 'gzip') return c.body(plain)
  c.header('Content-Encoding', 'gzip')
  return c.body(gzipped)
}
