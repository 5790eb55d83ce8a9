import { timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { GatewayError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { Nobody, Place, Routing } from '../../ports/cluster/routing.ts'
import type { Viewing } from '../../ports/inspection.ts'
import { BODY_LIMIT, readBytes } from '../body.ts'
import { type HttpContext, type HttpEnv, isAbout } from '../context.ts'
import { sessionId as nameOfSession } from '../schemas/fields.ts'
import { invalid } from '../validation.ts'
import { forward, NotForwarded } from './forward.ts'
import { NODE_HEADER } from './node-header.ts'
import { viewElsewhere } from './view-elsewhere.ts'

/** Longer than any handler takes, in ms. */
const ANSWER_MS = 30_000

/** What only the owner of a session knows: the rest that is read stands in the database. */
const OWNERS_ALONE = /^\/sessions\/[^/]+\/(?:qr|pairing-code|passkey|numbers\/.*)$/s

/** Answers in the place of the owner of a session, which is asked once; null: this node answers. Rejects with NOT_READY. */
export type Hop = (
  c: HttpContext,
  sessionId: string | undefined,
  body: unknown,
  path?: string,
) => Promise<Response | null>

/** The same for a request that is passed on as it came, with a body that nobody has read yet. */
export type PassOn = (c: HttpContext, sessionId: string) => Promise<Response | null>

/** Nobody did what was asked: `node` is who does not answer, null if no node has the session; `mayHaveArrived` there all the same. */
export interface NobodyDid {
  refusal: GatewayError
  /** Whoever has the session is there, and may do it in a moment. */
  moving: boolean
  node: string | null
  mayHaveArrived: boolean
}

export interface Hops {
  /** For routes that name the session in their body. */
  hop: Hop
  /** For those that name it otherwise. */
  passOn: PassOn
  /** The same for who can do something else while nobody has the session. */
  ask(
    c: HttpContext,
    sessionId: string,
    body: unknown,
    to: { path: string; withinMs: number },
  ): Promise<Response | NobodyDid | null>
  /**
   * For who looks on at sessions: opens what the node shows that has them all; null: this one does. Rejects with VALIDATION_FAILED where they
   * are at different nodes, whose actors have the same names. It ends when `stopped` is.
   */
  look(
    c: HttpContext,
    sessionIds: readonly string[],
    stopped: AbortSignal,
  ): Promise<(() => Promise<Viewing>) | null>
  /** For those that name it in their path. */
  middleware: MiddlewareHandler<HttpEnv>
  /** Whether another node asks, which has looked who its caller is. */
  isFromNode(c: HttpContext): boolean
  /** Shows another node that asks that one answers, whatever it is told. */
  proves: MiddlewareHandler<HttpEnv>
}

const notReady = (message: string, retryAfterSeconds: number) =>
  new GatewayError('NOT_READY', message, { retryAfterSeconds })

const APART = 'names sessions that are at different nodes now: look at them one by one'

const MOVING = () => notReady('The session is on its way from one node to another; ask again in a moment.', 1)
/** By then a lease is over, and somebody has claimed what it was for. */
const FREE = () => notReady('The session has no node at the moment; one takes it up in a few seconds.', 2)

/** Passes requests about sessions of other nodes on to them, in one hop and never a second one. Without `routing` all are answered here. */
export function createHops(routing: Routing | undefined, logger: Logger): Hops {
  if (routing === undefined)
    return {
      ...{ hop: async () => null, ask: async () => null, passOn: async () => null, look: async () => null },
      ...{ middleware: (_, next) => next(), proves: (_, next) => next(), isFromNode: () => false },
    }
  const token = Buffer.from(routing.token)
  const isFromNode = (c: HttpContext) => {
    const shown = Buffer.from(c.req.header(NODE_HEADER) ?? '')
    return shown.length === token.length && timingSafeEqual(shown, token)
  }

  async function pass(
    c: HttpContext,
    place: Place | Nobody,
    body: Uint8Array | string | null,
    { path, withinMs }: { path: string; withinMs: number },
  ): Promise<Response | NobodyDid | null> {
    if (place === null) return null
    const nobody = { moving: false, node: null, mayHaveArrived: false }
    if ('why' in place)
      return place.why === 'free'
        ? { ...nobody, refusal: FREE() }
        : { ...nobody, refusal: MOVING(), moving: true }
    if (isFromNode(c)) return { ...nobody, refusal: MOVING(), moving: true }
    try {
      const headers = { [NODE_HEADER]: routing!.token, 'x-request-id': c.get('requestId') }
      const proof = { name: NODE_HEADER, value: routing!.proof }
      return await forward(c, { url: `${place.url}${path}`, body, headers, proof, withinMs })
    } catch (error) {
      if (!(error instanceof NotForwarded)) throw error
      const { silent, mayHaveArrived } = error
      if (silent)
        logger.warn({ node: place.url, err: error.cause }, 'the node that has this session does not answer')
      return { refusal: error, moving: !silent, node: silent ? place.node : null, mayHaveArrived }
    }
  }

  const orRefuse = (answer: Response | NobodyDid | null): Response | null => {
    if (answer !== null && 'refusal' in answer) throw answer.refusal
    return answer
  }
  const orHere = (place: Place | Nobody | 'nowhere') => (place === 'nowhere' ? null : place)

  async function passOn(c: HttpContext, sessionId: string): Promise<Response | null> {
    if (routing!.isHere(sessionId)) return null
    const place = orHere(await routing!.placeOf(sessionId))
    const { pathname, search } = new URL(c.req.url)
    const body = place !== null && !isReading(c) ? await readBytes(c, BODY_LIMIT) : null
    const to = { path: pathname + search, withinMs: ANSWER_MS }
    const answer = orRefuse(await pass(c, place, body, to))
    if (answer !== null) isAbout(c, sessionId)
    return answer
  }

  return {
    isFromNode,
    passOn,

    async look(c, sessionIds, stopped) {
      // What went elsewhere since that node looked is shown by nobody: its viewer comes back.
      if (isFromNode(c)) return null
      const places = await Promise.all(sessionIds.map(async id => orHere(await routing.placeOf(id))))
      for (const place of places)
        if (place !== null && 'why' in place) throw place.why === 'free' ? FREE() : MOVING()
      const nodes = new Map(places.map(place => [(place as Place)?.node ?? null, place as Place]))
      if (nodes.size > 1) throw invalid({ session_id: [APART] })
      const [place = null] = nodes.values()
      if (place === null) return null
      const { search } = new URL(c.req.url)
      const headers = { [NODE_HEADER]: routing.token, 'x-request-id': c.get('requestId') }
      return () =>
        viewElsewhere(`${place.url}/inspect${search}`, {
          headers,
          proof: [NODE_HEADER, routing.proof],
          stopped,
        })
    },

    proves(c, next) {
      if (isFromNode(c)) c.header(NODE_HEADER, routing.proof)
      return next()
    },

    async ask(c, sessionId, body, to) {
      const place = orHere(await routing.placeOf(sessionId))
      return pass(c, place, place && JSON.stringify(body), to)
    },

    async hop(c, sessionId, body, path = c.req.path) {
      const found = sessionId === undefined ? 'nowhere' : await routing.placeOf(sessionId)
      const begins = found === 'nowhere' && path === '/start'
      const place = begins ? routing.placeForNew() : orHere(found)
      return orRefuse(await pass(c, place, place && JSON.stringify(body), { path, withinMs: ANSWER_MS }))
    },

    async middleware(c, next) {
      if (isReading(c) && !OWNERS_ALONE.test(c.req.path)) return next()
      const { data: sessionId } = nameOfSession.safeParse(c.req.param('id'))
      if (sessionId === undefined) return next()
      return (await passOn(c, sessionId)) ?? next()
    },
  }
}

const isReading = ({ req }: HttpContext) => req.method === 'GET' || req.method === 'HEAD'
