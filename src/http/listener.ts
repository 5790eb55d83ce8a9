import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createAdaptorServer, getRequestListener, type HttpBindings, RequestError } from '@hono/node-server'
import type { Hono } from 'hono'
import { WebSocketServer } from 'ws'
import { GatewayError } from '../base/errors.ts'
import type { HttpEnv } from './context.ts'
import { errorAnswer } from './errors.ts'

/** A request that trickles in holds a connection no longer than this. */
const REQUEST_TIMEOUT_MS = 30_000
/** So long a caller may take nothing of its answer. */
const SILENCE_MS = 60_000
/** What a WebSocket may be told; nobody listens to it. */
const MAX_TOLD_BYTES = 16_384

export interface Listener {
  /** Resolves once connections are taken; rejects with BAD_CONFIG if the address is not to be had. */
  listen(): Promise<{ url: string; port: number }>
  /** Takes no more connections, lets requests in flight finish, at most `graceMs`, then frees every connection. */
  close(): Promise<void>
}

/** Node's HTTP server around the app; its life, and the answers to what never becomes a request. */
export function createListener(
  app: Hono<HttpEnv>,
  options: { host: string; port: number; graceMs: number; silenceMs?: number | undefined },
): Listener {
  const { host, port, graceMs, silenceMs = Math.max(SILENCE_MS, graceMs * 2) } = options
  const server = createServer(
    {
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS / 2,
      connectionsCheckingInterval: 5_000,
      // A missing Host is refused below, in the contract's shape.
      requireHostHeader: false,
      shouldUpgradeCallback: isWebSocket,
    },
    getRequestListener((request, bindings) => app.fetch(request, bindings), {
      overrideGlobalObjects: false,
      errorHandler: refuseUnreadable,
    }),
  )
  // It wants to make the server; its own would not answer what is no URL in the contract's shape.
  createAdaptorServer({
    fetch: openWebSocket(app) as never,
    overrideGlobalObjects: false,
    createServer: (() => server) as never,
    websocket: {
      server: new WebSocketServer({ noServer: true, clientTracking: false, maxPayload: MAX_TOLD_BYTES }),
    },
  })
  // No handler is silent for so long.
  server.timeout = silenceMs
  const connections = trackConnections(server)
  let closed: Promise<void> | null = null
  // An expectation that nobody knows may be ignored (RFC 9110, 10.1.1).
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    answerUnparsable(error, socket, connections.hasAnswered(socket))
  })

  return {
    async listen() {
      server.listen(port, host)
      try {
        await once(server, 'listening')
      } catch (error) {
        throw cannotListen(error as NodeJS.ErrnoException, host, port)
      }
      const address = server.address() as AddressInfo
      return { url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`, port: address.port }
    },
    close() {
      closed ??= (async () => {
        if (!server.listening) return
        const ended = once(server, 'close')
        server.close()
        connections.drain()
        const timer = setTimeout(() => connections.destroy(), graceMs)
        await ended
        clearTimeout(timer)
      })()
      return closed
    },
  }
}

/** Node counts a connection that never sent a request as busy; this frees every one that has no request in flight. */
function trackConnections(server: Server) {
  const inFlight = new Map<Socket, Set<ServerResponse>>()
  let draining = false
  server.on('connection', (socket: Socket) => {
    inFlight.set(socket, new Set())
    socket.once('close', () => inFlight.delete(socket))
  })
  server.prependListener('request', ({ socket }, response: ServerResponse) => {
    const responses = inFlight.get(socket)
    responses?.add(response)
    response.once('close', () => {
      responses?.delete(response)
      if (draining && responses?.size === 0) socket.destroySoon()
    })
  })
  return {
    hasAnswered(socket: Duplex): boolean {
      return [...(inFlight.get(socket as Socket) ?? [])].some(response => response.headersSent)
    },
    drain() {
      draining = true
      for (const [socket, responses] of inFlight) {
        if (responses.size === 0) socket.destroySoon()
        for (const response of responses) if (!response.headersSent) response.shouldKeepAlive = false
      }
    },
    /** WebSockets too, which are no connections of HTTP any more. */
    destroy() {
      for (const socket of inFlight.keys()) socket.destroy()
    },
  }
}

/** Every other request that would like another protocol gets its answer in this one. */
const isWebSocket = ({ method, url = '', headers }: IncomingMessage): boolean =>
  method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && /^\/inspect(?:\?|$)/.test(url)

/** Lets the app take a WebSocket, or refuse it with the answer that every other request gets: the library would leave its body out. */
const openWebSocket =
  (app: Hono<HttpEnv>) =>
  async (request: Request, bindings: HttpBindings): Promise<Response> => {
    const response = await app.fetch(request, bindings)
    if (response.status >= 400) await refuseUpgrade(bindings.incoming.socket, response)
    return response
  }

/** Resolves once the answer has left: who finds the connection ended says no more on it. */
async function refuseUpgrade(socket: Socket, { status, headers, body }: Response): Promise<void> {
  const text = await new Response(body).text()
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...[...headers].map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
  ]
  await new Promise<void>(left => socket.end(`${head.join('\r\n')}\r\n\r\n${text}`, () => left()))
  socket.destroy()
}

/** A request that HTTP allows and a URL does not, such as a missing or odd Host. */
function refuseUnreadable(error: unknown): Response {
  const refusal =
    error instanceof RequestError
      ? new GatewayError('BAD_REQUEST', 'The request line or the Host header is not valid.')
      : new GatewayError('INTERNAL', 'Something unexpected went wrong.')
  return Response.json(errorAnswer(refusal), {
    status: refusal.status,
    headers: { 'X-Request-Id': randomUUID() },
  })
}

/** Bytes that are not HTTP, headers beyond 16 KiB, a request that took too long. */
function answerUnparsable(error: NodeJS.ErrnoException, socket: Duplex, answered: boolean): void {
  if (error.code === 'ECONNRESET' || !socket.writable || answered) {
    socket.destroy()
    return
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
  const body = JSON.stringify(
    errorAnswer(new GatewayError('BAD_REQUEST', `${STATUS_CODES[status]}: the request was not read.`)),
  )
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${randomUUID()}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): GatewayError {
  const why: Record<string, string> = {
    EADDRINUSE: `PORT=${port} is taken on ${host}: stop what uses it, or give another PORT`,
    EACCES: `PORT=${port} is not allowed for this user: give one above 1023`,
    EADDRNOTAVAIL: `HOST=${host} is no address of this machine: give 127.0.0.1 or one that is`,
    ENOTFOUND: `HOST=${host} has no address: give 127.0.0.1 or a name that resolves`,
  }
  const message = why[error.code ?? ''] ?? `HOST=${host}, PORT=${port} cannot be listened on: ${error.code}`
  return new GatewayError('BAD_CONFIG', message, { cause: error })
}
