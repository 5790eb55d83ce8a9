import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { GatewayError } from '../base/errors.ts'
import { isLoopback } from '../base/loopback.ts'
import type { HttpContext, HttpEnv } from './context.ts'

/** A load balancer asks these without a key. */
const OPEN_PATHS = new Set(['/health/live', '/health/ready'])

/** What links a phone, or asks WhatsApp in the name of the account: more than reading. */
const NOT_FOR_READERS = /^\/sessions\/[^/]*\/(?:qr|pairing-code|passkey|numbers\/.*)$/s

export interface Keys {
  apiKeys: readonly string[]
  /** These may only read. */
  readKeys: readonly string[]
}

/**
 * Lets callers with a key through, `Authorization: Bearer` or `X-Api-Key`; with a key for reading only what changes nothing and shows
 * no QR and no code, else READ_ONLY. Without any key configured only this machine is answered, and no web page: a foreign `Host` (DNS
 * rebinding) or `Origin` gets ORIGIN_FORBIDDEN. A request for which `isOpen` holds needs none of this.
 */
export function authenticate(
  { apiKeys, readKeys }: Keys,
  isOpen: (c: HttpContext) => boolean = () => false,
): MiddlewareHandler<HttpEnv> {
  const [full, readers] = [apiKeys.map(digest), readKeys.map(digest)]
  const needsKey = full.length + readers.length > 0
  return async (c, next) => {
    const presented = needsKey ? presentedKeys(c).map(digest) : []
    const has = (known: readonly Buffer[]) => presented.some(key => isKnown(key, known))
    if (needsKey ? OPEN_PATHS.has(c.req.path) || has(full) : isLocal(c)) return next()
    if (isOpen(c)) return next()
    if (!needsKey)
      throw new GatewayError(
        'ORIGIN_FORBIDDEN',
        'Without API_KEYS only a loopback Host such as 127.0.0.1 is answered, and no web page of another host.',
      )
    if (!has(readers))
      throw new GatewayError(
        'UNAUTHENTICATED',
        'Present one of API_KEYS as "Authorization: Bearer <key>" or "X-Api-Key: <key>".',
      )
    if (!isReading(c))
      throw new GatewayError(
        'READ_ONLY',
        'This key may only read, and sees no QR and no code: present one of API_KEYS without ":read".',
      )
    return next()
  }
}

const isReading = ({ req }: HttpContext) =>
  (req.method === 'GET' || req.method === 'HEAD') && !NOT_FOR_READERS.test(req.path)

function presentedKeys(c: HttpContext): string[] {
  const bearer = /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')?.[1]
  const header = c.req.header('x-api-key')
  return [bearer, header].filter(key => key !== undefined)
}

/** Hashed keys are of one length, so that the comparison takes the same time whatever was presented. */
function isKnown(presented: Buffer, known: readonly Buffer[]): boolean {
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
