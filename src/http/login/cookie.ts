import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { HttpContext } from '../context.ts'
import { COOKIE_SECONDS } from './logins.ts'

const NAME = 'dashboard_login'

/** The id that the cookie carries, if it can be one. */
export function loginIdOf(c: HttpContext): string | null {
  const id = getCookie(c, NAME)
  return id !== undefined && /^[\w-]{43}$/.test(id) ? id : null
}

/** `publicUrl`: where callers reach this service, as far as that is known. */
export function giveCookie(c: HttpContext, id: string, publicUrl: string): void {
  setCookie(c, NAME, id, { ...attributes(c, publicUrl), maxAge: COOKIE_SECONDS })
}

export function takeCookie(c: HttpContext, publicUrl: string): void {
  deleteCookie(c, NAME, attributes(c, publicUrl))
}

const attributes = (c: HttpContext, publicUrl: string) =>
  ({ path: '/', httpOnly: true, sameSite: 'Strict', secure: cameByHttps(c, publicUrl) }) as const

/**
 * Whether the browser spoke https with the proxy before us. A caller that makes the header up only binds its own cookie to https; nothing
 * else here believes it.
 */
function cameByHttps(c: HttpContext, publicUrl: string): boolean {
  if (c.req.header('x-forwarded-proto')?.split(',')[0]?.trim().toLowerCase() === 'https') return true
  const known = URL.parse(publicUrl)
  return known?.protocol === 'https:' && known.host === c.req.header('host')
}
