import { describe, expect, it } from 'vitest'
import { type ErrorCode, GatewayError } from '../../src/base/errors.ts'
import { createTestHttp, post, QR_TEXT, refused, UUID } from './fakes.ts'

const text = { session_id: 's1', wa_id: '5215512345678', type: 'text', body: 'hola' }

describe('request bodies', () => {
  it.each([
    ['', 'MALFORMED_JSON'],
    ['{', 'MALFORMED_JSON'],
    ['{"user_id":1,}', 'MALFORMED_JSON'],
    ["{'user_id':1}", 'MALFORMED_JSON'],
    ['user_id=1', 'MALFORMED_JSON'],
    ['NaN', 'MALFORMED_JSON'],
    ['\u0000', 'MALFORMED_JSON'],
  ])('%j is refused with MALFORMED_JSON', async body => {
    for (const path of ['/start', '/send-message', '/delete-session']) {
      const answer = await refused(await createTestHttp().app.request(path, post(body)))
      expect(answer).toMatchObject({ status: 400, error: 'MALFORMED_JSON' })
    }
  })

  it('bytes that are no UTF-8 are refused, so that nothing is sent with words that nobody wrote', async () => {
    const { app, calls } = createTestHttp()
    const body = Buffer.from(JSON.stringify({ ...text, body: 'ni\xf1o' }), 'latin1')
    const response = await app.request('/send-message', { ...post(''), body: Uint8Array.from(body) })
    const answer = await refused(response)
    expect(answer).toMatchObject({ status: 400, error: 'MALFORMED_JSON' })
    expect(answer.message).toContain('UTF-8')
    expect(calls).toEqual([])
    const marked = Buffer.from(`\ufeff${JSON.stringify(text)}`)
    expect((await app.request('/send-message', { ...post(''), body: Uint8Array.from(marked) })).status).toBe(
      200,
    )
  })

  it.each([
    'null',
    '[]',
    '"text"',
    '17',
    'true',
    '[{"user_id":1}]',
  ])('%s is refused, as it is not an object', async body => {
    for (const path of ['/start', '/send-message', '/delete-session']) {
      const answer = await refused(await createTestHttp().app.request(path, post(body)))
      expect(answer).toMatchObject({
        status: 422,
        error: 'VALIDATION_FAILED',
        errors: { body: ['must be an object'] },
      })
    }
  })

  it.each([
    undefined,
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'text/plain; application/json',
  ])('the Content-Type %s is refused with 415', async type => {
    const body = new TextEncoder().encode('{"user_id":1,"session_id":"s1"}')
    for (const [method, path] of [
      ['POST', '/start'],
      ['POST', '/send-message'],
      ['POST', '/delete-session'],
      ['POST', '/sessions/s1/restart'],
      ['POST', '/sessions/s1/logout'],
      ['DELETE', '/sessions/s1'],
      ['DELETE', '/session/s1'],
    ] as const) {
      const { app, calls } = createTestHttp()
      const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
      const answer = await refused(await app.request(path, { method, headers, body }))
      expect(answer).toMatchObject({ status: 415, error: 'UNSUPPORTED_MEDIA_TYPE' })
      expect(calls).toEqual([])
    }
  })

  it.each([
    'application/json; charset=utf-8',
    'Application/JSON',
    'application/json ; charset="UTF-8"',
  ])('the Content-Type %s is accepted', async type => {
    const response = await createTestHttp().app.request(
      '/start',
      post({ user_id: 1 }, { 'content-type': type }),
    )
    expect(response.status).toBe(200)
  })

  it('a compressed body is refused with 415', async () => {
    const answer = await refused(
      await createTestHttp().app.request('/start', post({ user_id: 1 }, { 'content-encoding': 'gzip' })),
    )
    expect(answer).toMatchObject({ status: 415, error: 'UNSUPPORTED_MEDIA_TYPE' })
  })

  it('a body up to 1 MiB is read, a byte more is refused with 413', async () => {
    const pad = (size: number) => `{"user_id":1,"x":"${'y'.repeat(size - 20)}"}`
    expect(pad(100)).toHaveLength(100)
    const { app } = createTestHttp()
    expect((await app.request('/start', post(pad(1_048_576)))).status).toBe(200)
    const answer = await refused(await app.request('/start', post(pad(1_048_577))))
    expect(answer).toMatchObject({ status: 413, error: 'PAYLOAD_TOO_LARGE' })
  })

  it('a body nested a hundred thousand levels deep does no harm', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    const { app } = createTestHttp()
    expect((await app.request('/start', post(`{"user_id":${deep}}`))).status).toBe(422)
    expect((await app.request('/start', post(`{"user_id":1,"other":${deep}}`))).status).toBe(200)
  })
})

describe('queries and paths', () => {
  it.each([
    ['/sessions?limit=0', 'limit'],
    ['/sessions?limit=1001', 'limit'],
    ['/sessions?limit=-1', 'limit'],
    ['/sessions?limit=1e2', 'limit'],
    ['/sessions?limit=ten', 'limit'],
    ['/sessions?after=%00', 'after'],
    ['/sessions?state=connected', 'state'],
    [`/sessions?user_id=${'x'.repeat(65)}`, 'user_id'],
    [`/sessions?q=${'x'.repeat(101)}`, 'q'],
    ['/sessions/s1/events?after=-1', 'after'],
    ['/sessions/s1/events?after=1.5', 'after'],
    ['/sessions/s1/events?after=9999999999999999', 'after'],
    ['/sessions/s1/events?limit=1001', 'limit'],
    ['/sessions/s1/qr?format=gif', 'format'],
    ['/stats?by_state=maybe', 'by_state'],
    ['/sessions/s1/at/one', 'seq'],
  ])('the query %s is refused with 422', async (path, field) => {
    const answer = await refused(await createTestHttp().app.request(path))
    expect(answer).toMatchObject({ status: 422, error: 'VALIDATION_FAILED' })
    expect(Object.keys(answer.errors ?? {})).toEqual([field])
  })

  it.each([
    ['GET', '/sessions/nope'],
    ['GET', '/session/nope'],
    ['GET', '/sessions/nope/qr'],
    ['GET', '/sessions/nope/events'],
    ['GET', '/sessions/nope/at/1'],
    ['GET', '/sessions/nope/messages/3EB0AAAA'],
    ['POST', '/sessions/nope/restart'],
    ['POST', '/sessions/nope/logout'],
    ['DELETE', '/sessions/nope'],
    ['DELETE', '/session/nope'],
    ['GET', `/sessions/${'x'.repeat(65)}`],
    ['GET', '/sessions/..%2f..%2fetc%2fpasswd'],
    ['GET', '/sessions/%00'],
    ['GET', '/sessions/%E0%A4%A'],
    ['GET', '/sessions/__proto__'],
    ['DELETE', '/sessions/a%20b'],
    ['POST', '/sessions/%F0%9F%98%80/restart'],
  ])('%s %s answers SESSION_NOT_FOUND', async (method, path) => {
    const answer = await refused(await createTestHttp().app.request(path, { method }))
    expect(answer).toMatchObject({ status: 404, error: 'SESSION_NOT_FOUND' })
  })

  it('an unknown session in a body answers 404, too', async () => {
    const { app } = createTestHttp()
    for (const [path, body] of [
      ['/send-message', { ...text, session_id: 'nope' }],
      ['/delete-session', { session_id: 'nope' }],
    ] as const) {
      expect(await refused(await app.request(path, post(body)))).toMatchObject({
        status: 404,
        error: 'SESSION_NOT_FOUND',
      })
    }
  })

  it.each([
    ['/sessions/s1/at/6', 'EVENT_NOT_FOUND'],
    ['/sessions/s1/messages/nope', 'MESSAGE_NOT_FOUND'],
    [`/sessions/s1/messages/${'x'.repeat(129)}`, 'MESSAGE_NOT_FOUND'],
  ])('%s answers %s', async (path, error) => {
    expect(await refused(await createTestHttp().app.request(path))).toMatchObject({ status: 404, error })
  })

  it.each([
    '/nothing',
    '/sessions/',
    '/sessions/s1/',
    '/start/x',
    '/openapi.yaml',
    '/docs/',
    '/delivery',
    '/delivery/1',
    '//start',
    '/START',
  ])('%s answers 404', async path => {
    for (const method of ['GET', 'POST', 'DELETE', 'PUT', 'OPTIONS', 'PROPFIND']) {
      const answer = await refused(await createTestHttp().app.request(path, { method }))
      expect(answer).toMatchObject({ status: 404, error: 'NOT_FOUND' })
    }
  })

  it.each([
    ['/start', ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND'], 'POST'],
    ['/send-message', ['GET', 'HEAD', 'PUT', 'PATCH'], 'POST'],
    ['/delete-session', ['GET', 'DELETE'], 'POST'],
    ['/sessions', ['POST', 'DELETE', 'OPTIONS'], 'GET, HEAD'],
    ['/sessions/s1', ['POST', 'PUT', 'OPTIONS'], 'GET, HEAD, DELETE'],
    ['/session/s1', ['POST', 'PUT'], 'GET, HEAD, DELETE'],
    ['/sessions/s1/restart', ['GET', 'HEAD', 'DELETE'], 'POST'],
    ['/sessions/s1/logout', ['GET'], 'POST'],
    ['/sessions/s1/qr', ['POST', 'DELETE'], 'GET, HEAD'],
    ['/sessions/s1/events', ['POST'], 'GET, HEAD'],
    ['/sessions/s1/at/1', ['POST'], 'GET, HEAD'],
    ['/sessions/s1/messages/a', ['DELETE'], 'GET, HEAD'],
    ['/stats', ['POST'], 'GET, HEAD'],
    ['/health', ['POST'], 'GET, HEAD'],
    ['/health/live', ['DELETE'], 'GET, HEAD'],
  ])('%s with %j answers 405 and allows %s', async (path, methods, allow) => {
    for (const method of methods) {
      const { app, calls } = createTestHttp()
      const response = await app.request(path, { method })
      expect(response.headers.get('allow')).toBe(allow)
      expect(calls).toEqual([])
      if (method === 'HEAD') expect([response.status, await response.text()]).toEqual([405, ''])
      else expect(await refused(response)).toMatchObject({ status: 405, error: 'METHOD_NOT_ALLOWED' })
    }
  })

  it.each([
    '/sessions',
    '/sessions/s1',
    '/sessions/s1/qr',
    '/stats',
    '/health/live',
    '/sessions/nope',
    '/nothing',
  ])('HEAD %s answers as GET, without the body', async path => {
    const { app } = createTestHttp()
    const get = await app.request(path)
    const head = await app.request(path, { method: 'HEAD' })
    expect(head.status).toBe(get.status)
    expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'))
    expect(await head.text()).toBe('')
  })
})

describe('X-Request-Id', () => {
  it.each([
    'abc-123',
    'A'.repeat(128),
    '0af7651916cd43dd8448eb211c80319c',
    'a_b==',
  ])('%s is given back in the answer', async id => {
    for (const path of ['/stats', '/nothing', '/sessions/nope']) {
      const response = await createTestHttp().app.request(path, { headers: { 'x-request-id': id } })
      expect(response.headers.get('x-request-id')).toBe(id)
    }
  })

  it.each([
    '',
    'A'.repeat(129),
    'a b',
    '"><script>',
    'a,b',
    'é',
  ])('%j is replaced by an id of our own', async id => {
    const response = await createTestHttp().app.request('/stats', { headers: { 'x-request-id': id } })
    expect(response.headers.get('x-request-id')).toMatch(UUID)
  })
})

describe('errors of the ports', () => {
  const codes: [ErrorCode, number][] = [
    ['CONFLICT', 409],
    ['DELETING', 409],
    ['SESSION_NOT_CONNECTED', 409],
    ['SESSION_LOGGED_OUT', 409],
    ['STATE_FORBIDS', 409],
    ['WHATSAPP_REJECTED', 422],
    ['TOO_MANY_REQUESTS', 429],
    ['LARAVEL_UNREACHABLE', 502],
    ['SHUTTING_DOWN', 503],
    ['STORE_FAILED', 503],
    ['SEQ_CONFLICT', 503],
    ['EPOCH_CONFLICT', 503],
  ]
  it.each(codes)('the error %s answers %i', async (code, status) => {
    const fail = async () => {
      throw new GatewayError(code, 'One sentence.', { retryAfterSeconds: 17 })
    }
    const { app, logs } = createTestHttp({
      sessions: { start: fail, send: fail, restart: fail, logout: fail, delete: fail },
      madeUp: true,
    })
    for (const [path, init] of [
      ['/start', post({ user_id: 1 })],
      ['/send-message', post(text)],
      ['/sessions/s1/restart', { method: 'POST' }],
      ['/sessions/s1/logout', { method: 'POST' }],
      ['/sessions/s1', { method: 'DELETE' }],
    ] as const) {
      const response = await app.request(path, init)
      expect(response.headers.get('retry-after')).toBe('17')
      expect(await refused(response)).toEqual({
        status,
        success: false,
        error: code,
        message: 'One sentence.',
      })
    }
    const loud = logs.filter(line => !line.includes('"level":"debug"'))
    expect(loud).toHaveLength(status >= 500 && code !== 'SHUTTING_DOWN' ? 5 : 0)
  })

  it.each([
    ['an Error', () => new Error('SECRET in /srv/app/creds')],
    ['a TypeError with a cause', () => new TypeError('SECRET', { cause: new Error('SECRET') })],
    ['a string', () => 'SECRET'],
    ['undefined', () => undefined],
    ['an object', () => ({ status: 200, message: 'SECRET' })],
  ])('%s that is thrown answers 500 without its text and is logged once', async (_, thrown) => {
    const { app, logs } = createTestHttp({
      sessions: { start: () => Promise.reject(thrown()) },
      queries: {
        get: () => Promise.reject(thrown()),
      },
    })
    const requests: [string, RequestInit][] = [
      ['/start', post({ user_id: 'BODY' })],
      ['/sessions/s1', {}],
    ]
    for (const [path, init] of requests) {
      logs.length = 0
      const response = await app.request(path, init)
      const answer = await refused(response)
      expect(answer).toMatchObject({ status: 500, error: 'INTERNAL' })
      expect(JSON.stringify(answer)).not.toMatch(/SECRET|srv|\.ts/)
      const loud = logs
        .filter(line => !line.includes('"level":"debug"'))
        .map(line => JSON.parse(line) as object)
      expect(loud).toHaveLength(1)
      expect(loud[0]).toMatchObject({
        level: 'error',
        part: 'http',
        path,
        request_id: response.headers.get('x-request-id'),
      })
      expect(logs.join('')).not.toContain('BODY')
    }
  })
})

it('no log line holds a QR text, a key or a message body', async () => {
  const { app, logs } = createTestHttp({ apiKeys: ['k3y-k3y'] })
  const headers = { authorization: 'Bearer k3y-k3y', 'content-type': 'application/json' }
  await app.request('/sessions/s1/qr?format=json&api_key=k3y-k3y', { headers })
  await app.request('/send-message', {
    method: 'POST',
    headers,
    body: JSON.stringify({ ...text, body: 'w0rds' }),
  })
  await app.request('/send-message', { method: 'POST', headers, body: JSON.stringify({ body: 'w0rds' }) })
  await app.request('/stats', { headers: { 'x-api-key': 'wr0ng' } })
  expect(logs).toHaveLength(4)
  for (const secret of [QR_TEXT, 'k3y-k3y', 'w0rds', 'wr0ng']) expect(logs.join('')).not.toContain(secret)
})
