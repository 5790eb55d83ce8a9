import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { z } from 'zod'
import { createClock } from '../../src/base/clock.ts'
import { GatewayError } from '../../src/base/errors.ts'
import { createLogger } from '../../src/base/logger.ts'
import { errorAnswer } from '../../src/http/schemas/answers.ts'
import { createHttp, type HttpParts } from '../../src/http/server.ts'
import { documentationLoader } from '../../src/openapi/load-documentation.ts'
import type { Check } from '../../src/ports/laravel-check.ts'
import type { MessageRow } from '../../src/ports/message-table.ts'
import type { SessionQueries, SessionView } from '../../src/ports/session-queries.ts'
import type { Sessions } from '../../src/ports/sessions.ts'
import type { ListedDelivery, Undelivered } from '../../src/ports/undelivered.ts'
import { watchAnswer } from '../openapi/watch.ts'

export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
export const QR_TEXT = `2@${'AbCdEf0123456789+/'.repeat(4)}==,${'K'.repeat(43)}=,${'I'.repeat(43)}=,${'S'.repeat(43)}=`

export const CHECK: Check = {
  subject: 'POST /qr',
  result: 'failed',
  status: 404,
  message: 'there is no such route',
  mend: 'add it',
}

export function view(over: Partial<SessionView> = {}): SessionView {
  return {
    sessionId: 's1',
    userId: 7,
    metadata: null,
    state: 'open',
    detail: 'settled',
    estadoQr: 'active',
    waId: '5215512345678',
    lid: null,
    pushName: 'Ana',
    createdAt: Date.UTC(2026, 0, 1),
    lastActivity: Date.UTC(2026, 0, 1, 0, 0, 1),
    attempts: 0,
    retryAt: null,
    reason: null,
    reasonText: null,
    qr: null,
    passkey: null,
    ...over,
  }
}

export function messageRow(over: Partial<MessageRow> = {}): MessageRow {
  return {
    messageId: '3EB0AAAA',
    chatId: '5215512345678@s.whatsapp.net',
    direction: 'out',
    content: { type: 'text', to: '5215512345678@s.whatsapp.net', body: 'private words', reply_to: null },
    status: 'delivered',
    attempts: 1,
    seq: 9,
    at: NOW,
    error: null,
    history: [
      { status: 'queued', at: NOW },
      { status: 'delivered', at: NOW + 1000 },
    ],
    ...over,
  }
}

export function deadRow(over: Partial<ListedDelivery> = {}): ListedDelivery {
  return {
    id: 12,
    webhookId: 'stream.9.messages',
    kind: 'messages',
    lane: 'stream|chat',
    streamId: 'stream',
    sessionId: 's1',
    seq: 9,
    at: NOW,
    payload: { session_id: 's1', message_id: '3EB0AAAA', body: 'private words' },
    tries: 5,
    attempts: 5,
    nextAt: NOW,
    lastError: 'HTTP 422',
    deadAt: NOW + 1000,
    download: null,
    tryAt: null,
    cause: 'refused',
    ...over,
  }
}

function known(sessionId: string): void {
  if (sessionId !== 's1') throw new GatewayError('SESSION_NOT_FOUND', 'No session has that id.')
}

/** One session, `s1`; every call is noted in `calls` and can be replaced. */
export function createFakes(over: { sessions?: Partial<Sessions>; queries?: Partial<SessionQueries> } = {}) {
  const calls: { name: string; args: unknown[] }[] = []
  const note = (name: string, ...args: unknown[]) => void calls.push({ name, args })
  const sessions: Sessions = {
    async start(request) {
      note('start', request)
      return view({
        sessionId: request.sessionId ?? 'made-here',
        userId: request.userId,
        state: 'starting',
      })
    },
    checkSend: async sessionId => known(sessionId),
    async send(sessionId, content, deadline, key) {
      note('send', sessionId, content, deadline, ...(key === undefined ? [] : [key]))
      known(sessionId)
      return { messageId: '3EB0AAAA', status: 'sent', address: content.to }
    },
    async submitPasskey(sessionId, assertion) {
      note('submitPasskey', sessionId, assertion)
      known(sessionId)
    },
    async confirmPasskey(sessionId) {
      note('confirmPasskey', sessionId)
      known(sessionId)
    },
    async cancelPasskey(sessionId) {
      note('cancelPasskey', sessionId)
      known(sessionId)
    },
    async restart(sessionId) {
      note('restart', sessionId)
      known(sessionId)
      return view({ state: 'starting' })
    },
    async logout(sessionId, deadline) {
      note('logout', sessionId, deadline)
      known(sessionId)
      return { done: true, session: view({ state: 'loggedOut' }) }
    },
    async delete(sessionId, deadline) {
      note('delete', sessionId, deadline)
      known(sessionId)
      return { done: true }
    },
    async requestPairingCode(sessionId, phoneNumber, deadline) {
      note('requestPairingCode', sessionId, phoneNumber, deadline)
      known(sessionId)
    },
    async lookup(sessionId, phone) {
      note('lookup', sessionId, phone)
      known(sessionId)
      return { exists: true, jid: `${phone}@s.whatsapp.net`, lid: null }
    },
    async markRead(sessionId, messageIds) {
      note('markRead', sessionId, messageIds)
      known(sessionId)
    },
    async showPresence(sessionId, kind, chatId) {
      note('showPresence', sessionId, kind, chatId)
      known(sessionId)
    },
    async replay(sessionId, after, until) {
      note('replay', sessionId, after, until)
      known(sessionId)
      return 3
    },
    ...over.sessions,
  }
  const queries: SessionQueries = {
    async get(sessionId) {
      note('get', sessionId)
      known(sessionId)
      return view()
    },
    async list(filter) {
      note('list', filter)
      return { count: 2, sessions: [view()], next: 's1' }
    },
    async events(sessionId, after, limit) {
      note('events', sessionId, after, limit)
      known(sessionId)
      return { streamId: 'stream', lastSeq: 0, events: [], next: null }
    },
    async at(sessionId, seq) {
      note('at', sessionId, seq)
      known(sessionId)
      if (seq > 5) throw new GatewayError('EVENT_NOT_FOUND', 'The session has no such fact.')
      return { seq, at: NOW, state: 'open.settled', context: {}, can: ['restart.requested'] }
    },
    async message(sessionId, messageId) {
      note('message', sessionId, messageId)
      known(sessionId)
      if (messageId !== '3EB0AAAA') throw new GatewayError('MESSAGE_NOT_FOUND', 'No message has that id.')
      return messageRow()
    },
    async chat(sessionId, chatId, before, limit) {
      note('chat', sessionId, chatId, before, limit)
      known(sessionId)
      return { chatId, owner: { userId: 7, metadata: null }, messages: [], next: null }
    },
    stats() {
      note('stats')
      return {
        sessions: { totalSessions: 4, activeSessions: 3, inactiveSessions: 1, oldestSession: 5000 },
        qr: { pendingQR: 0, trackedSessions: 1 },
        byState: { open: 3, awaitingQr: 1 },
      }
    },
    ...over.queries,
  }
  const find = async (id: number) => {
    if (id !== 12) throw new GatewayError('DELIVERY_NOT_FOUND', 'No delivery has that id.')
    return deadRow()
  }
  const undelivered: Undelivered = {
    async list(query) {
      note('deliveries', query)
      const rows = [deadRow({ id: 12 }), deadRow({ id: 11, deadAt: null, tryAt: NOW + 5000 })]
      return { count: 5, rows, next: query.limit === 2 ? 11 : null }
    },
    async figures() {
      note('figures')
      return { waiting: 3, dead: 2, oldestAt: NOW - 61_000 }
    },
    find,
    async retry(sessionId) {
      note('retry', sessionId)
      return 3
    },
    async redrive(id) {
      note('redrive', id)
      await find(id)
    },
  }
  return { sessions, queries, undelivered, calls }
}

type Overrides = Parameters<typeof createFakes>[0] &
  Partial<
    Pick<
      HttpParts,
      | 'legacy'
      | 'routing'
      | 'logins'
      | 'vault'
      | 'passkeys'
      | 'base'
      | 'ready'
      | 'sendWaitMs'
      | 'closeGraceMs'
      | 'silenceMs'
      | 'clock'
      | 'facts'
      | 'inspector'
      | 'dashboard'
      | 'documentation'
      | 'timeOfDay'
    >
  > & {
    /** The ports answer what they never do, so that the document has no such answers. */
    madeUp?: true
    apiKeys?: string[]
    readKeys?: string[]
    port?: number
    mediaServer?: Partial<HttpParts['mediaServer']>
    metrics?: Partial<HttpParts['metrics']>
  }

/** The HTTP edge on fakes; `logs` holds its JSON lines from `debug` up. */
export function createTestHttp(over: Overrides = {}) {
  const fakes = createFakes(over)
  const logs: string[] = []
  const logger = createLogger({ level: 'debug', format: 'json' }, { write: line => void logs.push(line) })
  const http = createHttp({
    config: {
      host: '127.0.0.1',
      port: over.port ?? 0,
      apiKeys: over.apiKeys ?? [],
      readKeys: over.readKeys ?? [],
    },
    sendWaitMs: over.sendWaitMs ?? 4000,
    ...(over.closeGraceMs !== undefined && { closeGraceMs: over.closeGraceMs }),
    ...(over.silenceMs !== undefined && { silenceMs: over.silenceMs }),
    ...(over.legacy && { legacy: over.legacy }),
    ...(over.routing && { routing: over.routing }),
    ...(over.logins && { logins: over.logins }),
    sessions: fakes.sessions,
    queries: fakes.queries,
    undelivered: fakes.undelivered,
    laravelCheck: {
      async run(how) {
        fakes.calls.push({ name: 'laravelCheck', args: [how] })
        return { ok: false, address: 'http://app.test/api', checks: [CHECK] }
      },
    },
    mediaServer: {
      checkLink: () => 'forged',
      serve: async () => null,
      linkTo: id => `http://media.test/${id}`,
      has: async () => true,
      thumbnailQuery: async () => null,
      thumbnail: async () => null,
      ...over.mediaServer,
    },
    mediaPreparer: {
      async keep() {
        fakes.calls.push({ name: 'keep', args: [] })
        return { id: 'f'.repeat(64), size: 1 }
      },
    },
    vault: over.vault ?? {
      put: () => {},
      read: () => ({ hash: 'h', text: QR_TEXT, expiresAt: NOW + 20_000 }),
      putCode: () => {},
      readCode: () => ({ hash: 'c', text: 'ABCD2345', expiresAt: NOW + 160_000 }),
      clear: () => {},
    },
    passkeys: over.passkeys ?? { read: () => null, sessionNamedIn: () => null, sessionOf: () => null },
    ...(over.base && { base: over.base }),
    ready: over.ready ?? (async () => ({ ready: true, problems: [], warnings: [], laravel: null })),
    logger: logger.child({ part: 'http' }),
    clock: over.clock ?? { ...createClock(), now: () => NOW },
    metrics: {
      answered: () => {},
      text: async () => ({ contentType: 'text/plain', text: 'a 1\n' }),
      ...over.metrics,
    },
    facts: over.facts ?? {
      catchUp: async () => {},
      follow: () => ({ head: 0, end() {} }),
      between: async () => [],
    },
    inspector: over.inspector ?? {
      async open(sessionIds) {
        fakes.calls.push({ name: 'inspect', args: [sessionIds] })
        throw new GatewayError('TOO_MANY_REQUESTS', 'Nobody looks on here.')
      },
      stop: () => {},
    },
    ...(over.dashboard && { dashboard: over.dashboard }),
    documentation: over.documentation ?? documentationLoader('0.0.0'),
    ...(over.timeOfDay && { timeOfDay: over.timeOfDay }),
  })
  return { ...fakes, http, app: over.madeUp ? http.app : watched(http.app), logs }
}

/** Every answer is as the OpenAPI document says. */
function watched(app: ReturnType<typeof createHttp>['app']) {
  const { request } = app
  app.request = async (input, init, ...more) => {
    const response = await request(input, init, ...more)
    const given = input instanceof Request ? input : { method: init?.method ?? 'GET', url: String(input) }
    watchAnswer(given.method, given.url, response, init?.body)
    return response
  }
  return app
}

export function post(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  }
}

/** A promise with its ends in hand. */
export const deferred = <T>() => Promise.withResolvers<T>()

/** Fails instead of hanging: whether a promise is still pending once everything else had its turn. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending')
  return (await Promise.race([promise, sleep(50, pending)])) === pending
}

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** The body of an error, which must have the contract's shape and nothing else. */
export async function refused(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(response.headers.get('x-request-id')).toMatch(UUID)
  const answer = z.strictObject(errorAnswer.shape).parse(await response.json())
  return { status: response.status, ...answer }
}

/** The body, which must have the schema's keys and no others. */
export async function exactly<T extends z.ZodObject>(response: Response, schema: T): Promise<z.infer<T>> {
  expect(response.headers.get('content-type')).toBe('application/json')
  return z.strictObject(schema.shape).parse(await response.json()) as z.infer<T>
}
