import { Hono } from 'hono'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { requestId } from 'hono/request-id'
import { matchedRoutes } from 'hono/route'
import { causedBy, type RequestCause } from '../base/causes.ts'
import type { Clock } from '../base/clock.ts'
import { GatewayError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { type Readiness, SHUTTING_DOWN } from '../base/problem.ts'
import type { Routing } from '../ports/cluster/routing.ts'
import type { LoginTables } from '../ports/dashboard/logins.ts'
import type { CommittedFacts } from '../ports/event-log.ts'
import type { Inspector } from '../ports/inspection.ts'
import type { WebhookTokens } from '../ports/laravel.ts'
import type { LaravelCheck } from '../ports/laravel-check.ts'
import type { MediaPreparer } from '../ports/media/media-preparer.ts'
import type { MediaServer } from '../ports/media/media-server.ts'
import type { PasskeyVault, QrVault } from '../ports/qr-vault.ts'
import type { SessionQueries } from '../ports/session-queries.ts'
import type { Sessions } from '../ports/sessions.ts'
import type { Undelivered } from '../ports/undelivered.ts'
import { authenticate } from './auth.ts'
import type { HttpEnv } from './context.ts'
import { createErrorHandler, errorAnswer } from './errors.ts'
import { EventStreams } from './event-streams.ts'
import { createKeyring, type Keys } from './keys.ts'
import { legacySendRoutes } from './legacy-send.ts'
import { createListener, type Listener } from './listener.ts'
import { loggedPath } from './logged-path.ts'
import { Logins } from './login/logins.ts'
import { createMemoryLogins } from './login/memory-logins.ts'
import { createHops } from './nodes/hop.ts'
import { chatRoutes } from './routes/chat-actions.ts'
import { chatMessageRoutes } from './routes/chat-messages.ts'
import { deliveryRoutes } from './routes/deliveries.ts'
import { eventStreamRoutes } from './routes/event-streams.ts'
import { eventRoutes } from './routes/events.ts'
import { healthRoutes } from './routes/health.ts'
import { inspectRoutes } from './routes/inspect.ts'
import { hasValidLink, mediaRoutes } from './routes/media.ts'
import { type Measured, metricsRoutes } from './routes/metrics.ts'
import { dashboardRoutes, type LoadDashboard } from './routes/pages/dashboard.ts'
import { documentationRoutes, type LoadDocumentation } from './routes/pages/documentation.ts'
import { loginRoutes } from './routes/pages/login.ts'
import { PAIRING_WAIT_MS, pairingCodeRoutes } from './routes/pairing-code.ts'
import { passkeyRoutes } from './routes/passkey.ts'
import { isPasskeyPage, passkeyPageRoutes } from './routes/passkey-page.ts'
import { qrRoutes } from './routes/qr.ts'
import { createSendHandler, sendMessageRoutes } from './routes/send-message.ts'
import { LOGOUT_WAIT_MS, sessionRoutes } from './routes/sessions.ts'
import { startRoutes } from './routes/start.ts'
import { statsRoutes } from './routes/stats.ts'

export interface HttpParts {
  config: { host: string; port: number } & Keys
  /** How long POST /send-message waits for WhatsApp's ack. */
  sendWaitMs: number
  /** How long `close()` lets a request in flight go on; without it, longer than any handler takes. */
  closeGraceMs?: number
  /** How long nothing may pass over a connection while a request is open; without it, a minute or longer than any handler takes. */
  silenceMs?: number
  /** For applications of the gateway before this one: what they sent it, and how it answered them. */
  legacy?: WebhookTokens
  sessions: Sessions
  /** Present where several nodes share the sessions. */
  routing?: Routing
  queries: SessionQueries
  facts: CommittedFacts
  inspector: Inspector
  metrics: Measured
  tracing?: Traced
  undelivered: Undelivered
  laravelCheck: Pick<LaravelCheck, 'run'>
  mediaPreparer: Pick<MediaPreparer, 'keep'>
  mediaServer: MediaServer
  vault: QrVault
  passkeys: Pick<PasskeyVault, 'read' | 'sessionNamedIn' | 'sessionOf'>
  /** Where callers reach this service; without it, the paths of its links alone. */
  base?: () => string
  ready: () => Promise<Readiness>
  /** Where several nodes share them; else they are this process's. */
  logins?: LoginTables
  /** Without it there are no pages. */
  dashboard?: LoadDashboard
  documentation: LoadDocumentation
  /** The part's own child. */
  logger: Logger
  clock: Clock
  /** Turns a time of `clock` into the one on the wall, for dates that callers compare with their own; the same if not given. */
  timeOfDay?: (at: number) => number
}

/** Who makes spans of requests; absent where nobody does. */
export interface Traced {
  asked(cause: RequestCause, header: (name: string) => string | undefined): void
  answered(cause: RequestCause, answer: { method: string; route: string; status: number }): void
}

export interface Http extends Listener {
  app: Hono<HttpEnv>
  /** From now on new requests get SHUTTING_DOWN; `/health/live` still answers 200, `/health/ready` 503. */
  refuse(): void
}

/** The HTTP edge: routes on the ports, and the server that carries them. Nothing listens before `listen()`. */
export function createHttp(parts: HttpParts): Http {
  const {
    config,
    sendWaitMs,
    sessions,
    queries,
    undelivered,
    mediaPreparer,
    mediaServer,
    vault,
    passkeys,
    tracing,
    logger,
    clock: { now },
  } = parts
  let refusing = false
  const stopped = new AbortController()
  const ready = async (): Promise<Readiness> =>
    refusing
      ? {
          ready: false,
          problems: [SHUTTING_DOWN],
          warnings: [],
          laravel: null,
        }
      : parts.ready()

  const app = new Hono<HttpEnv>()
    .onError(createErrorHandler(logger))
    .notFound(c => c.json(errorAnswer(new GatewayError('NOT_FOUND', 'There is nothing at this path.')), 404))

  app.use(requestId({ limitLength: 128 }))
  app.use((c, next) => {
    const cause = { requestId: c.get('requestId'), sessionId: null }
    c.set('cause', cause)
    tracing?.asked(cause, name => c.req.header(name))
    return causedBy(cause, next)
  })
  app.use(async (c, next) => {
    const arrival = now()
    c.set('arrival', arrival)
    c.header('Cache-Control', 'no-store')
    c.header('X-Content-Type-Options', 'nosniff')
    try {
      await next()
    } catch (thrown) {
      // Hono hands only Errors to its error handler.
      throw new Error('something other than an Error was thrown', { cause: thrown })
    }
    const fields = {
      method: c.req.method,
      path: loggedPath(c),
      status: c.res.status,
    }
    const ms = now() - arrival
    logger.debug({ ...fields, ms }, 'answered')
    const route = matchedRoutes(c).findLast(({ method }) => method !== 'ALL')?.path ?? 'none'
    const answer = { method: c.req.method, route, status: c.res.status }
    parts.metrics.answered({ ...answer, ms })
    tracing?.answered(c.get('cause'), answer)
  })
  const hasLink = hasValidLink(mediaServer)
  const hops = createHops(parts.routing, logger)
  const { look, hop, passOn, middleware, isFromNode } = hops
  app.use(hops.proves)
  const keyring = createKeyring(config)
  const { logins: table, guesses } = parts.logins ?? createMemoryLogins(now)
  const logins = new Logins(table, keyring)
  const { base = () => '', dashboard: load = null } = parts
  app.use(
    authenticate({
      keyring,
      logins,
      hasLogin: load !== null,
      base,
      isOpen: c => isPasskeyPage(c) || hasLink(c) || isFromNode(c),
    }),
  )
  app.use(async (c, next) => {
    if (refusing && !/^\/health\/(?:live|ready)$/.test(c.req.path))
      throw new GatewayError('SHUTTING_DOWN', 'The service is shutting down; try again in a few seconds.', {
        retryAfterSeconds: 5,
      })
    await next()
  })
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) =>
        c.json(
          errorAnswer(new GatewayError('METHOD_NOT_ALLOWED', `This path takes ${methods.join(', ')}.`)),
          405,
          {
            Allow: methods.join(', '),
          },
        ),
    }),
  )
  for (const path of ['/sessions/:id/*', '/sessions/:id', '/session/:id']) app.use(path, middleware)
  const { timeOfDay = (at: number) => at } = parts
  const streams = new EventStreams(parts.facts, parts.clock, logger)
  const passkey = { sessions, queries, passkeys, timeOfDay, base }
  const send = createSendHandler({
    ...{ sessions, media: mediaPreparer, waitMs: sendWaitMs, hops },
    clock: parts.clock,
  })
  for (const routes of [
    startRoutes(sessions, hop, parts.legacy),
    parts.legacy === undefined ? sendMessageRoutes(send) : legacySendRoutes(send, logger),
    sessionRoutes(sessions, queries, hop),
    chatRoutes(sessions),
    chatMessageRoutes(queries, mediaServer),
    qrRoutes(queries, vault, timeOfDay),
    pairingCodeRoutes(sessions, queries, vault, timeOfDay),
    passkeyRoutes(passkey),
    passkeyPageRoutes(passkey, passOn),
    eventStreamRoutes(streams, parts.facts, queries),
    eventRoutes(queries),
    inspectRoutes(parts.inspector, queries, base, { look, stopped: stopped.signal }),
    deliveryRoutes(undelivered, sessions, queries),
    mediaRoutes(mediaServer),
    statsRoutes(queries, undelivered, now),
    healthRoutes(ready, parts.laravelCheck),
    metricsRoutes(parts.metrics),
    documentationRoutes(parts.documentation),
    loginRoutes({ load, keyring, logins, guesses, base }),
    dashboardRoutes(load),
  ])
    app.route('/', routes)

  const listener = createListener(app, {
    host: config.host,
    port: config.port,
    // Every handler answers by its own deadline; what takes longer is a caller that does not read or write.
    graceMs: parts.closeGraceMs ?? Math.max(sendWaitMs, LOGOUT_WAIT_MS, PAIRING_WAIT_MS) + 2_000,
    silenceMs: parts.silenceMs,
  })
  return {
    app,
    async listen() {
      const address = await listener.listen()
      const access =
        config.apiKeys.length + config.readKeys.length === 0
          ? 'no API_KEYS: only this machine is answered'
          : 'API keys required'
      logger.info({ url: address.url, access }, 'listening')
      return address
    },
    close: () => listener.close(),
    refuse() {
      refusing = true
      streams.end()
      parts.inspector.stop()
      stopped.abort()
    },
  }
}
