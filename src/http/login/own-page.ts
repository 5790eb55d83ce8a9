import type { HttpContext } from '../context.ts'

/**
 * Whether a page of this very service sends the request, as the browser says: what a cookie alone may change needs it. Browsers say
 * `Sec-Fetch-Site` to https and loopback, and `Origin` with every write; `null`, which hides the page, is none of ours. hono/csrf asks
 * forms only; this asks every write. `publicUrl`: where callers reach this service, as far as that is known.
 */
export function isOwnPage(c: HttpContext, publicUrl: string): boolean {
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin'
  const origin = c.req.header('origin')
  return origin !== undefined && isOwnOrigin(c, origin, publicUrl)
}

/** Whether an `Origin` is that of this service: the host that was asked for, or the public one, where a proxy before us asks for another. */
export function isOwnOrigin(c: HttpContext, origin: string, publicUrl: string): boolean {
  const host = URL.parse(origin)?.host || null
  const asked = c.req.header('host') ?? new URL(c.req.url).host
  return host !== null && (host === asked || host === URL.parse(publicUrl)?.host)
}
