import { timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { GatewayError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Place, Routing } from '../ports/cluster/routing.ts'
import { BODY_LIMIT, readBytes } from './body.ts'
import { type HttpContext, type HttpEnv, isAbout } from './context.ts'

/** Marks what another node passes on, and shows that it is one. */
const HEADER = 'x-whatsapp-manager-node'
/** Longer than any handler takes. */
const ANSWER_MS = 30_000
/** Of this connection, or of another body. */
const OWN_HEADERS = [
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'expect',
  'keep-alive',
  'upgrade',
]

/** What only the owner of a session knows: the rest that is read stands in the database. */
const OWNERS_ALONE = /^\/sessions\/[^/]+\/(?:qr|pairing-code|passkey|numbers\/.*)$/s

const orHere = (place: Place | 'nowhere'): Place => (place === 'nowhere' ? null : place)

/** Answers in the place of the owner of a session, which is asked once; null: this node answers. */
export type Hop = (
  c: HttpContext,
  sessionId: string | undefined,
  body: unknown,
  path?: string,
) => Promise<Response | null>

/** The same for a request that is passed on as it came, with a body that nobody has read yet. */
export type PassOn = (c: HttpContext, sessionId: string) => Promise<Response | null>

export interface Hops {
  /** For routes that name the session in their body. */
  hop: Hop
  /** For those that name it otherwise. */
  passOn: PassOn
  /** For those that name it in their path. */
  middleware: MiddlewareHandler<HttpEnv>
  /** Whether another node asks, which has looked who its caller is. */
  isFromNode(c: HttpContext): boolean
}

/** Passes requests about sessions of other nodes on to them, in one hop and never a second one. Without `routing` all are answered here. */
export function createHops(routing: Routing | undefined, logger: Logger): Hops {
  if (routing === undefined)
    return {
      hop: async () => null,
      passOn: async () => null,
      middleware: (_, next) => next(),
      isFromNode: () => false,
    }
  const token = Buffer.from(routing.token)
  const isFromNode = (c: HttpContext) => {
    const shown = Buffer.from(c.req.header(HEADER) ?? '')
    return shown.length === token.length && timingSafeEqual(shown, token)
  }

  async function pass(
    c: HttpContext,
    place: Place,
    body: Uint8Array | string | null,
    path: string,
  ): Promise<Response | null> {
    if (place === null) return null
    if (isFromNode(c))
      throw new GatewayError('NOT_READY', 'The session went to another node just now; ask again.', {
        retryAfterSeconds: 1,
      })
    const { proxy } = await import('hono/proxy')
    const headers: Record<string, string | undefined> = { ...c.req.header() }
    for (const name of OWN_HEADERS) delete headers[name]
    try {
      return await proxy(`${place.url}${path}`, {
        method: c.req.method,
        headers: { ...headers, [HEADER]: routing!.token, 'x-request-id': c.get('requestId') },
        ...(body !== null && { body: body as NonNullable<RequestInit['body']> }),
        signal: AbortSignal.timeout(ANSWER_MS),
      })
    } catch (error) {
      logger.warn({ node: place.url, err: error }, 'the node that has this session does not answer')
      throw new GatewayError(
        'NOT_READY',
        'The node that has this session does not answer; another takes it up in a moment.',
        {
          cause: error,
          retryAfterSeconds: 2,
        },
      )
    }
  }

  async function passOn(c: HttpContext, sessionId: string): Promise<Response | null> {
    if (routing!.isHere(sessionId)) return null
    const place = orHere(await routing!.placeOf(sessionId))
    const { pathname, search } = new URL(c.req.url)
    const body = place !== null && !isReading(c) ? await readBytes(c, BODY_LIMIT) : null
    const answer = await pass(c, place, body, pathname + search)
    if (answer !== null) isAbout(c, sessionId)
    return answer
  }

  return {
    isFromNode,
    passOn,

    async hop(c, sessionId, body, path = c.req.path) {
      const found = sessionId === undefined ? 'nowhere' : await routing.placeOf(sessionId)
      const begins = found === 'nowhere' && path === '/start'
      const place = begins ? routing.placeForNew() : orHere(found)
      return pass(c, place, place && JSON.stringify(body), path)
    },

    async middleware(c, next) {
      if (isReading(c) && !OWNERS_ALONE.test(c.req.path)) return next()
      return (await passOn(c, c.req.param('id') ?? '')) ?? next()
    },
  }
}

const isReading = ({ req }: HttpContext) => req.method === 'GET' || req.method === 'HEAD'
