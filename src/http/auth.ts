import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { GatewayError } from '../base/errors.ts'
import { isLoopback } from '../base/loopback.ts'
import type { HttpContext, HttpEnv } from './context.ts'

/** A load balancer asks these without a key. */
const OPEN_PATHS = new Set(['/health/live', '/health/ready'])

/**
 * Lets callers with a key through, `Authorization: Bearer` or `X-Api-Key`. Without any key configured only this
 * machine is answered, and no web page: a foreign `Host` (DNS rebinding) or `Origin` gets ORIGIN_FORBIDDEN.
 * A request for which `isOpen` holds needs none of this.
 */
export function authenticate(
  apiKeys: readonly string[],
  isOpen: (c: HttpContext) => boolean = () => false,
): MiddlewareHandler<HttpEnv> {
  const known = apiKeys.map(digest)
  const mayPass = (c: HttpContext) =>
    known.length === 0
      ? isLocal(c)
      : OPEN_PATHS.has(c.req.path) || presentedKeys(c).some(key => isKnown(key, known))
  return async (c, next) => {
    if (mayPass(c) || isOpen(c)) return next()
    if (known.length === 0)
      throw new GatewayError(
        'ORIGIN_FORBIDDEN',
        'Without API_KEYS only a loopback Host such as 127.0.0.1 is answered, and no web page of another host.',
      )
    throw new GatewayError(
      'UNAUTHENTICATED',
      'Present one of API_KEYS as "Authorization: Bearer <key>" or "X-Api-Key: <key>".',
    )
  }
}

function presentedKeys(c: HttpContext): string[] {
  const bearer = /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')?.[1]
  const header = c.req.header('x-api-key')
  return [bearer, header].filter(key => key !== undefined)
}

/** Hashing first makes the lengths equal, so that the comparison takes the same time whatever was presented. */
function isKnown(key: string, known: readonly Buffer[]): boolean {
  const presented = digest(key)
  return known.map(candidate => timingSafeEqual(candidate, presented)).includes(true)
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
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
