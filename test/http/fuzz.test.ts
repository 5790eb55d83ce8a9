import { once } from 'node:events'
import { connect } from 'node:net'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TARGETS } from '../hostile/routes.ts'
import { assertProperty } from '../property.ts'
import { createTestHttp } from './fakes.ts'

const words = fc.constantFrom(
  'start',
  'send-message',
  'delete-session',
  'sessions',
  'session',
  's1',
  'qr',
  'events',
  'numbers',
  'read',
  'presence',
  'pairing-code',
  'at',
  'messages',
  'restart',
  'logout',
  'stats',
  'health',
  'live',
  'ready',
  '..',
  '%2e%2e',
  '%',
  '%ff',
  '%00',
  '__proto__',
  'constructor',
  '*',
  ':id',
  '',
)
const segment = fc.oneof(
  { weight: 4, arbitrary: words },
  fc.string({ unit: 'binary', maxLength: 80 }).map(encode),
)
const route = fc.constantFrom(
  '/start',
  '/send-message',
  '/delete-session',
  '/sessions',
  '/sessions/s1',
  '/sessions/s1/restart',
  '/sessions/s1/logout',
  '/sessions/s1/qr',
  '/sessions/s1/events',
  '/sessions/s1/replay',
  '/deliveries/dead',
  '/deliveries/12/redrive',
  '/stats',
)
const path = fc.oneof(
  route,
  fc.array(segment, { maxLength: 5 }).map(parts => `/${parts.join('/')}`),
)

const parameter = fc.constantFrom(
  'limit',
  'after',
  'state',
  'user_id',
  'q',
  'format',
  'by_state',
  '__proto__',
  'a[]',
)
const query = fc
  .array(fc.tuple(parameter, fc.oneof(fc.string({ unit: 'binary' }).map(encode), fc.integer().map(String))), {
    maxLength: 4,
  })
  .map(pairs => (pairs.length === 0 ? '' : `?${pairs.map(pair => pair.join('=')).join('&')}`))

const headerName = fc.constantFrom(
  'content-type',
  'content-length',
  'content-encoding',
  'authorization',
  'x-api-key',
  'x-request-id',
  'accept',
  'host',
  'origin',
  'transfer-encoding',
  'x-forwarded-for',
)
const headerValue = fc.oneof(
  fc.constantFrom(
    'application/json',
    'application/json',
    'application/json',
    'text/plain',
    'localhost',
    'evil.example',
  ),
  fc.constantFrom(
    '*/*;q=a',
    'image/png;q=2',
    'Bearer key',
    'Bearer ',
    '-1',
    '1e9',
    'null',
    'chunked',
    ',;=,',
    'q'.repeat(4000),
  ),
  fc
    .string({ unit: 'binary', maxLength: 40 })
    .map(text => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '').trim()),
)

const field = fc.constantFrom(
  'user_id',
  'session_id',
  'phone_number',
  'wa_id',
  'waId',
  'to',
  'phone',
  'type',
  'body',
  'reply_to',
  'client_ref',
  'metadata',
  '__proto__',
)
const fieldValue = fc.oneof(
  fc.constantFrom<unknown>('s1', 'text', 'image', '5215512345678', 7, null),
  fc.jsonValue(),
)
const body = fc.oneof(
  fc
    .array(fc.tuple(field, fieldValue))
    .map(pairs => `{${pairs.map(([k, v]) => `"${k}":${JSON.stringify(v)}`).join()}}`),
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 200 }),
)

const method = fc.constantFrom(
  'GET',
  'HEAD',
  'POST',
  'POST',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'PROPFIND',
  'X',
)

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

it('hostile callers know every route', () => {
  const { app } = createTestHttp()
  const routes = app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path}`)
  expect(TARGETS.map(({ method, route }) => `${method} ${route}`).sort()).toEqual([...new Set(routes)].sort())
})

it("2,000 generated requests get no 5xx and always an answer of the contract's shape", {
  timeout: 120_000,
}, async () => {
  const seen = new Map<number, number>()
  const [open, guarded] = [createTestHttp(), createTestHttp({ apiKeys: ['key'] })]
  await assertProperty(
    fc.asyncProperty(
      fc.record({
        method,
        target: fc.tuple(path, query).map(parts => parts.join('')),
        headers: fc.oneof(
          { weight: 3, arbitrary: fc.constant<[string, string][]>([['content-type', 'application/json']]) },
          fc.array(fc.tuple(headerName, headerValue), { maxLength: 6 }),
        ),
        body: fc.option(body, { nil: undefined }),
        keyed: fc.integer({ min: 0, max: 9 }).map(n => n === 0),
      }),
      async ({ method, target, headers, body, keyed }) => {
        const { app, logs } = keyed ? guarded : open
        const hasBody = body !== undefined && method !== 'GET' && method !== 'HEAD'
        const init: RequestInit = { method, headers: new Headers(headers) }
        if (hasBody) init.body = typeof body === 'string' ? body : Uint8Array.from(body)
        const response = await app.request(`http://localhost${target}`, init)
        seen.set(response.status, (seen.get(response.status) ?? 0) + 1)
        expect(response.status).toBeLessThan(500)
        expect(response.headers.get('x-request-id')).toMatch(/^[\w=-]{1,128}$/)
        if (response.status >= 400 && method !== 'HEAD')
          expect(await response.json()).toMatchObject({ success: false, error: expect.any(String) })
        expect(logs.filter(line => /"level":"(?:warn|error)"/.test(line))).toEqual([])
        logs.length = 0
      },
    ),
    { numRuns: 2000 },
  )
  // What never gets past the first check proves little.
  for (const status of [200, 400, 401, 403, 404, 405, 415, 422])
    expect(seen.get(status), `${status}`).toBeGreaterThan(0)
})

it('requests with bytes changed on the wire get no 5xx', { timeout: 120_000 }, async () => {
  const { http, logs } = createTestHttp()
  const { port } = await http.listen()
  const json = '{"session_id":"s1","wa_id":"5215512345678","type":"text","body":"hola"}'
  const whole = [
    `POST /send-message HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json}`,
    `POST /start HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n{"user_id":1}\r\n0\r\n\r\n`,
    'GET /sessions/s1/qr?format=svg HTTP/1.1\r\nHost: localhost\r\nAccept: image/*\r\n\r\n',
    'DELETE /sessions/s1 HTTP/1.1\r\nHost: [::1]\r\n\r\n',
  ]
  const change = fc.record({ at: fc.nat(), bytes: fc.uint8Array({ maxLength: 4 }), cut: fc.nat({ max: 4 }) })
  let answers = 0
  await assertProperty(
    fc.asyncProperty(
      fc.constantFrom(...whole),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      async (request, changes) => {
        let bytes = Buffer.from(request, 'latin1')
        for (const { at, bytes: inserted, cut } of changes) {
          const place = at % bytes.length
          bytes = Buffer.concat([bytes.subarray(0, place), inserted, bytes.subarray(place + cut)])
        }
        const socket = connect(port, '127.0.0.1')
        const chunks: Buffer[] = []
        socket.on('data', chunk => chunks.push(chunk))
        socket.on('error', () => {})
        socket.end(bytes)
        await once(socket, 'close')
        for (const [, status] of Buffer.concat(chunks)
          .toString('latin1')
          .matchAll(/^HTTP\/1\.1 (\d{3}) /gm)) {
          answers++
          expect(Number(status)).toBeLessThan(500)
        }
      },
    ),
    { numRuns: 500 },
  )
  expect(answers).toBeGreaterThan(250)
  expect(logs.filter(line => /"level":"(?:warn|error)"/.test(line))).toEqual([])
  await http.close()
})
