import type { MiddlewareHandler } from 'hono'
import { GatewayError } from '../base/errors.ts'
import { isLoopback } from '../base/loopback.ts'
import { basicKeys } from './basic-key.ts'
import type { HttpContext, HttpEnv } from './context.ts'
import type { Keyring } from './keys.ts'
import { loginIdOf } from './login/cookie.ts'
import type { Logins } from './login/logins.ts'
import { isOwnPage } from './login/own-page.ts'

/** A load balancer asks the first two without a key; the others say what everybody may read in the source, and nothing of who runs here. */
const OPEN_PATHS = new Set(['/health/live', '/health/ready', '/openapi.json', '/docs'])

/** What the page of the login is drawn with: nothing that anybody may not see. */
const ASSETS = /^\/dashboard\/assets\//

/** What a person opens, and may have to log in for. */
const isPage = (c: HttpContext) =>
  changesNothing(c) &&
  /^\/(?:$|dashboard(?:$|\/))/.test(c.req.path) &&
  (c.req.header('accept') ?? '').includes('text/html')

/** What links a phone, or asks WhatsApp in the name of the account: more than reading. */
const NOT_FOR_READERS = /^\/sessions\/[^/]*\/(?:qr|pairing-code|passkey|numbers\/.*)$/s

export interface AccessParts {
  keyring: Keyring
  logins: Logins
  /** Whether there is a page at which one logs in. */
  hasLogin: boolean
  /** Where callers reach this service; empty if that is not known. */
  base(): string
  /** What needs none of this. */
  isOpen(c: HttpContext): boolean
}

/**
 * Lets callers with a key through, `Authorization: Bearer` or `X-Api-Key`, and those with the cookie of a login; with a key, or a login,
 * for reading only what changes nothing and shows no QR and no code, else READ_ONLY. What a cookie alone changes must come from the
 * dashboard itself, else ORIGIN_FORBIDDEN. Without any key configured only this machine is answered, and no web page: a foreign `Host`
 * (DNS rebinding) or `Origin` gets ORIGIN_FORBIDDEN. A request for which `isOpen` holds needs none of this. Leaves `visitor` behind.
 */
export function authenticate({
  keyring,
  logins,
  hasLogin,
  base,
  isOpen,
}: AccessParts): MiddlewareHandler<HttpEnv> {
  const orLogIn = hasLogin ? ', or log in at /login' : ''
  return async (c, next) => {
    if (keyring.isEmpty) {
      c.set('visitor', { access: 'write', loggedIn: false })
      if (isLocal(c) || isOpen(c)) return next()
      throw new GatewayError(
        'ORIGIN_FORBIDDEN',
        'Without API_KEYS only a loopback Host such as 127.0.0.1 is answered, and no web page of another host.',
      )
    }
    const byKey = keyring.allows(presentedKeys(c))
    c.set('visitor', { access: byKey ?? 'none', loggedIn: false })
    if (OPEN_PATHS.has(c.req.path) || ASSETS.test(c.req.path) || byKey === 'write' || isOpen(c)) return next()
    const loginId = loginIdOf(c)
    const byLogin = byKey === null && loginId !== null ? await logins.allows(loginId) : null
    const access = byKey ?? byLogin
    c.set('visitor', { access: access ?? 'none', loggedIn: byLogin !== null })
    if (byLogin !== null) c.set('stillAllowed', () => goesOn(logins, loginId!))
    // Which leads to a cookie.
    if (c.req.path === '/login') return next()
    if (access === null && hasLogin && isPage(c))
      return c.redirect(`/login?next=${encodeURIComponent(c.req.path)}`, 303)
    if (access === null)
      throw new GatewayError(
        'UNAUTHENTICATED',
        `Present one of API_KEYS as "Authorization: Bearer <key>" or "X-Api-Key: <key>"${orLogIn}.`,
      )
    if (access === 'read' && !isReading(c))
      throw new GatewayError(
        'READ_ONLY',
        'This key may only read, and sees no QR and no code: present one of API_KEYS without ":read".',
      )
    if (byLogin !== null && !changesNothing(c) && !isOwnPage(c, base()))
      throw new GatewayError(
        'ORIGIN_FORBIDDEN',
        'What is changed with the cookie of a login must be asked by the dashboard itself; programs present a key.',
      )
    return next()
  }
}

/** While nobody can say, nobody can log out either. */
const goesOn = (logins: Logins, id: string) =>
  logins.allows(id, { use: false }).then(
    access => access !== null,
    () => true,
  )

const changesNothing = ({ req }: HttpContext) => req.method === 'GET' || req.method === 'HEAD'

const isReading = (c: HttpContext) => changesNothing(c) && !NOT_FOR_READERS.test(c.req.path)

function presentedKeys(c: HttpContext): string[] {
  const bearer = /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')?.[1]
  const header = c.req.header('x-api-key')
  return [bearer, header, ...basicKeys(c)].filter(key => key !== undefined)
}

function isLocal(c: HttpContext): boolean {
  const { host: target, protocol } = new URL(c.req.url)
  const origin = c.req.header('origin')
  const hosts = [`${protocol}//${target}`, `${protocol}//${c.req.header('host') ?? target}`]
  if (origin !== undefined) hosts.push(origin)
  return hosts.every(text => {
    const hostname = URL.parse(text)?.hostname ?? ''
    return isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'))
  })
}
