import { upgradeWebSocket } from '@hono/node-server'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { WebSocket } from 'ws'
import { GatewayError } from '../../base/errors.ts'
import type { Inspector, Viewing } from '../../ports/inspection.ts'
import type { SessionQueries } from '../../ports/session-queries.ts'
import type { HttpContext, HttpEnv } from '../context.ts'
import { COME_BACK, HEARTBEAT } from '../event-streams.ts'
import { isOwnOrigin } from '../login/own-page.ts'
import type { Hops } from '../nodes/hop.ts'
import { inspectQuery } from '../schemas/requests.ts'
import { validateQuery } from '../validation.ts'

/** https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number */
const GOING_AWAY = 1001
const INTERNAL_ERROR = 1011
const TRY_AGAIN_LATER = 1013

/**
 * `GET /inspect`: what the supervisor and the sessions do, as the inspector of Stately reads it, by server-sent events or over a
 * WebSocket, one JSON text a message; nothing that a client says is listened to. Sessions that another node has are shown as that one
 * tells them. `base`: where callers reach this service.
 */
export function inspectRoutes(
  inspector: Inspector,
  queries: Pick<SessionQueries, 'get'>,
  base: () => string,
  { look, stopped }: { look: Hops['look']; stopped: AbortSignal },
): Hono<HttpEnv> {
  const wanted = (c: HttpContext) => validateQuery(c, inspectQuery).session_id ?? null
  const open = (c: HttpContext) => c.get('look')?.() ?? inspector.open(wanted(c))
  return new Hono<HttpEnv>().get(
    '/inspect',
    async (c, next) => {
      // One that is not there is refused before anything is opened.
      const ids = wanted(c) ?? []
      for (const id of ids) await queries.get(id)
      const elsewhere = await look(c, ids, stopped)
      if (elsewhere !== null) c.set('look', elsewhere)
      if (isWebSocket(c)) refuseForeignPage(c, base())
      await next()
    },
    upgradeWebSocket((c: HttpContext) => ({
      onOpen: (_, { raw }) =>
        void carry(
          () => open(c),
          raw as WebSocket,
          () => isAllowed(c),
        ),
    })),
    async c => {
      if (c.req.method === 'HEAD') return c.body(null, 200, { 'Content-Type': 'text/event-stream' })
      const viewing = await open(c)
      // What a proxy such as nginx keeps to itself arrives too late.
      c.header('X-Accel-Buffering', 'no')
      return streamSSE(c, async stream => {
        stream.onAbort(() => viewing.end())
        await stream.write(COME_BACK)
        for await (const text of viewing.messages) {
          if (stream.aborted || (text === null && !(await isAllowed(c)))) break
          await stream.write(text === null ? HEARTBEAT : `data: ${text}\n\n`)
        }
        viewing.end()
      })
    },
  )
}

/** Whether the login goes on that opened it. */
const isAllowed = async (c: HttpContext) => (await c.get('stillAllowed')?.()) ?? true

const isWebSocket = (c: HttpContext) => c.req.header('upgrade')?.toLowerCase() === 'websocket'

/**
 * A page of another site can open a WebSocket here with the cookie of who looks at it (cross-site WebSocket hijacking), because no
 * CORS holds it back: https://datatracker.ietf.org/doc/html/rfc6455#section-10.2. What is no page sends no Origin.
 */
function refuseForeignPage(c: HttpContext, base: string): void {
  const origin = c.req.header('origin')
  if (origin !== undefined && !isOwnOrigin(c, origin, base))
    throw new GatewayError('ORIGIN_FORBIDDEN', 'A page of another site may not look on.')
}

/** One message at a time: what the other side does not take waits where it is counted. */
async function carry(
  open: () => Promise<Viewing>,
  socket: WebSocket,
  isAllowed: () => Promise<boolean>,
): Promise<void> {
  const viewing = await open().catch((error: unknown) => {
    const full = error instanceof GatewayError && error.code === 'TOO_MANY_REQUESTS'
    socket.close(full ? TRY_AGAIN_LATER : INTERNAL_ERROR, full ? 'too many look on' : 'failed')
  })
  if (!viewing) return
  let alive = true
  socket.on('pong', () => {
    alive = true
  })
  socket.on('close', () => viewing.end())
  const leave = () => {
    if (viewing.gone.reason === 'too slow') socket.terminate()
    else socket.close(GOING_AWAY, String(viewing.gone.reason))
  }
  viewing.gone.addEventListener('abort', leave)
  if (viewing.gone.aborted) leave()
  if (socket.readyState !== socket.OPEN) viewing.end()
  for await (const text of viewing.messages) {
    if (text !== null) await new Promise<void>(written => socket.send(text, () => written()))
    else if (!(await isAllowed())) viewing.end()
    else if (alive) {
      alive = false
      socket.ping()
    } else socket.terminate()
  }
}
