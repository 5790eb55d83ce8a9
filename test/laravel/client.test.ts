import { describe, expect, it, vi } from 'vitest'
import { createSign } from '../../src/laravel/signature.ts'
import { client, signal, standIn } from './client-against-stand-in.ts'
import type { Answer } from './stand-in.ts'

const offered = { sessionId: 's1', userId: 'u-7', metadata: { tenant: 7 }, seq: 5 }

describe('one attempt to deliver', () => {
  it('is posted as the contract says', async () => {
    const server = await standIn(() => 204)
    const { laravel, clock } = client(server.url, { token: 'secret-token', secrets: ['s1', 's2'] })
    const payload = { session_id: 'a', body: 'añó — 你好 👋' }
    expect(await laravel.deliver('messages', 'stream.7.messages', payload)).toMatchObject({
      result: 'accepted',
    })
    const { method, path, headers, body } = server.seen[0]!
    expect([method, path]).toEqual(['POST', '/api/messages'])
    expect(JSON.parse(body)).toEqual(payload)
    expect(headers['content-type']).toBe('application/json')
    expect(headers.accept).toBe('application/json')
    expect(headers['content-length']).toBe(String(Buffer.byteLength(body)))
    expect(headers['transfer-encoding']).toBeUndefined()
    expect(headers.authorization).toBe('Bearer secret-token')
    const timestamp = Math.floor(clock.now() / 1000)
    expect(headers['webhook-id']).toBe('stream.7.messages')
    expect(headers['webhook-timestamp']).toBe(String(timestamp))
    expect(headers['webhook-signature']).toBe(
      createSign(['s1', 's2'])('stream.7.messages', timestamp, server.seen[0]!.body),
    )
  })

  it('carries the time of the attempt, and no signature or token when none is set', async () => {
    const server = await standIn(() => 200)
    const { laravel, clock } = client(server.url)
    await laravel.deliver('status', 'id', {})
    await clock.advance(9_000)
    await laravel.deliver('status', 'id', {})
    const [first, second] = server.seen.map(request => request.headers)
    expect(Number(second!['webhook-timestamp']) - Number(first!['webhook-timestamp'])).toBe(9)
    expect(server.seen[0]!.path).toBe('/api/whatsapp/status')
    expect(first!['webhook-signature']).toBeUndefined()
    expect(first!.authorization).toBeUndefined()
  })

  it.each([1, -1])('carries the time of day after the clock was set by %s day', async days => {
    const DAY = 86_400_000
    const server = await standIn(() => ({
      status: 503,
      headers: { 'retry-after': new Date(Date.UTC(2026, 0, 1) + days * DAY + 90_000).toUTCString() },
    }))
    let wall = Date.UTC(2026, 0, 1)
    const { laravel, clock } = client(server.url, { wall: () => wall })
    wall += days * DAY
    const attempt = await laravel.deliver('messages', 'id', {})
    expect(attempt).toMatchObject({ retryAt: clock.now() + 90_000 })
    expect(server.seen[0]!.headers['webhook-timestamp']).toBe(String(wall / 1000))
    await laravel.publishQr(offered, { text: 'x', expiresAt: clock.now() + 20_000 }, signal()).catch(() => {})
    expect(JSON.parse(server.seen[1]!.body).expires_at).toBe(new Date(wall + 20_000).toISOString())
  })

  it.each([
    [200, 'accepted'],
    [201, 'accepted'],
    [299, 'accepted'],
    [304, 'unclear'],
    [302, 'unclear'],
    [400, 'message'],
    [401, 'unclear'],
    [403, 'unclear'],
    [404, 'unclear'],
    [409, 'message'],
    [410, 'unclear'],
    [413, 'message'],
    [419, 'unclear'],
    [422, 'message'],
    [429, 'unclear'],
    [500, 'unclear'],
    [502, 'unclear'],
    [503, 'unclear'],
  ])('that is answered %i counts as %s', async (status, expected) => {
    const server = await standIn(() => ({ status, headers: { location: '/elsewhere' } }))
    const { laravel } = client(server.url)
    const attempt = await laravel.deliver('messages', 'id', {})
    expect(attempt.result === 'failed' ? attempt.scope : attempt.result).toBe(expected)
    expect(server.seen).toHaveLength(1)
  })

  it('does not follow a redirect to a 200', async () => {
    const server = await standIn(({ path }) =>
      path === '/' ? 200 : { status: 302, headers: { location: '/' } },
    )
    const { laravel } = client(server.url)
    expect(await laravel.deliver('messages', 'id', {})).toMatchObject({ result: 'failed', status: 302 })
    expect(server.seen.map(request => request.path)).toEqual(['/api/messages'])
  })

  it('reports the time that Retry-After names', async () => {
    const server = await standIn(() => ({ status: 429, headers: { 'retry-after': '42' } }))
    const { laravel, clock } = client(server.url)
    expect(await laravel.deliver('messages', 'id', {})).toMatchObject({ retryAt: clock.now() + 42_000 })
  })

  it('times out after 15 s', async () => {
    const server = await standIn(() => 'hang')
    const { laravel, clock } = client(server.url)
    let done = false
    const attempt = laravel.deliver('messages', 'id', {}).finally(() => {
      done = true
    })
    await vi.waitFor(() => expect(server.seen).toHaveLength(1), 20_000)
    await clock.advance(14_999)
    expect(done).toBe(false)
    await clock.advance(1)
    expect(await attempt).toMatchObject({ result: 'failed', scope: 'unclear', error: 'timeout after 15 s' })
    expect(clock.pending()).toBe(0)
  })

  it("is accepted by its status, even if the answer's body breaks off", async () => {
    const server = await standIn(() => 'cut')
    const { laravel } = client(server.url)
    expect(await laravel.deliver('messages', 'id', {})).toMatchObject({ result: 'accepted' })
  })

  it.each<[string, Answer, number | null]>([
    ['headers in UTF-8', { status: 200, headers: { 'x-app': Buffer.from('你好').toString('latin1') } }, null],
    ['a 205 with a body', { status: 205, body: 'reset' }, null],
    ['a status that does not exist', { status: 777, body: 'x' }, 777],
    ['Retry-After in UTF-8', { status: 503, headers: { 'retry-after': '\u00e4\u00bd' } }, 503],
  ])('depends on the status alone: %s', async (_name, answer, status) => {
    const server = await standIn(() => answer)
    const attempt = await client(server.url).laravel.deliver('messages', 'id', {})
    if (status === null) expect(attempt).toMatchObject({ result: 'accepted' })
    else expect(attempt).toMatchObject({ scope: 'unclear', error: `HTTP ${status}`, retryAt: null })
  })

  it('reports a broken connection and a closed port by their error code only', async () => {
    const server = await standIn(() => 'reset')
    const broken = await client(server.url).laravel.deliver('messages', 'id', {})
    expect(broken).toMatchObject({ result: 'failed', scope: 'unclear', status: null })
    await server.close()
    const refused = await client(server.url).laravel.deliver('messages', 'id', {})
    expect(refused).toMatchObject({ result: 'failed', scope: 'unclear', error: 'ECONNREFUSED' })
  })

  it('ends when its signal aborts, before or during it', async () => {
    const server = await standIn(() => 'hang')
    const { laravel, clock } = client(server.url)
    const controller = new AbortController()
    const attempt = laravel.deliver('messages', 'id', {}, controller.signal)
    await vi.waitFor(() => expect(server.seen).toHaveLength(1), 20_000)
    controller.abort()
    expect(await attempt).toEqual({ result: 'aborted' })
    expect(await laravel.deliver('messages', 'id', {}, controller.signal)).toEqual({ result: 'aborted' })
    expect(server.seen).toHaveLength(1)
    expect(clock.pending()).toBe(0)
  })

  it('is never sent once it was ended, if it still waited for a connection', async () => {
    const free = Promise.withResolvers<Answer>()
    const server = await standIn(() => free.promise)
    const { laravel } = client(server.url)
    const busy = Array.from({ length: 192 }, (_, n) => laravel.deliver('messages', `busy${n}`, {}))
    await vi.waitFor(() => expect(server.seen).toHaveLength(192), 20_000)
    const controller = new AbortController()
    const waiting = laravel.deliver('messages', 'waiting', {}, controller.signal)
    controller.abort()
    expect(await waiting).toEqual({ result: 'aborted' })
    free.resolve(200)
    await Promise.all(busy)
    expect(await laravel.deliver('messages', 'next', {})).toMatchObject({ result: 'accepted' })
    expect(server.seen.map(({ headers }) => headers['webhook-id'])).not.toContain('waiting')
    expect(server.seen).toHaveLength(193)
  })

  it('keeps connections alive, reads chunked answers, and stops reading bodies of 9 MB', async () => {
    const server = await standIn(() => ({ status: 200, chunks: ['{"a":', '1'], body: '}' }))
    const { laravel } = client(server.url)
    for (let n = 0; n < 20; n++) await laravel.deliver('messages', `id${n}`, {})
    expect(server.connections.size).toBeLessThan(5)
    server.answer(() => ({ status: 200, body: Buffer.alloc(9_000_000, 'x') }))
    expect(await laravel.deliver('messages', 'big', {})).toMatchObject({ result: 'accepted' })
    server.answer(() => 201)
    expect(await laravel.deliver('messages', 'next', {})).toMatchObject({ result: 'accepted' })
  })

  it('sends a body of 9 MB with its Content-Length', async () => {
    const server = await standIn(() => 413)
    const { laravel } = client(server.url)
    const attempt = await laravel.deliver('messages', 'id', { body: 'x'.repeat(9_000_000) })
    expect(attempt).toMatchObject({ scope: 'message', status: 413 })
    expect(Number(server.seen[0]!.headers['content-length'])).toBeGreaterThan(9_000_000)
  })
})

describe('LARAVEL_URL', () => {
  it.each(['', '/', '/api', '/api/', '/api/?x=1#y'])('may end in %j', async end => {
    const server = await standIn(() => 200)
    const { laravel } = client(`http://127.0.0.1:${server.port}${end}`)
    await laravel.deliver('messages', 'id', {})
    await laravel.askActive('a b/ñ', signal())
    const base = end.startsWith('/api') ? '/api' : ''
    expect(server.seen.map(request => request.path)).toEqual([
      `${base}/messages`,
      `${base}/whatsapp/status/a%20b%2F%C3%B1`,
    ])
  })

  it('may hold a user, who is sent as Basic authorization and never shown', async () => {
    const server = await standIn(() => 500)
    const { laravel } = client(`http://us%65r:p%40ss@127.0.0.1:${server.port}/api`)
    await laravel.deliver('messages', 'id', {})
    expect(server.seen[0]!.headers.authorization).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`)
    expect(laravel.address).toBe(server.url)
  })

  it.each(['app.test/api', 'ftp://app.test', 'http://', 'http://user:hunter2@'])('is refused as %j', url => {
    expect(() => client(url)).toThrow(/LARAVEL_URL/)
    expect(() => client(url)).not.toThrow(/hunter2/)
  })
})

describe('publishing a QR', () => {
  const qr = { text: '2@secretqrtext,abc,def', expiresAt: Date.UTC(2026, 0, 1, 0, 1) }

  it('posts it signed, under a webhook-id that does not reveal it', async () => {
    const server = await standIn(() => 200)
    const { laravel } = client(server.url, { secrets: ['s'] })
    await laravel.publishQr(offered, qr, signal())
    await laravel.publishQr(offered, qr, signal())
    const [first, second] = server.seen
    expect(first!.path).toBe('/api/qr')
    expect(JSON.parse(first!.body)).toEqual({
      session_id: 's1',
      user_id: 'u-7',
      seq: 5,
      qr: qr.text,
      expires_at: '2026-01-01T00:01:00.000Z',
      metadata: { tenant: 7 },
    })
    expect(first!.headers['webhook-id']).toMatch(/^qr\.[0-9a-f]{32}$/)
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id'])
    expect(first!.headers['webhook-signature']).toMatch(/^v1,/)
  })

  it.each<[Answer, string]>([
    [500, 'has answered 500 on POST /qr'],
    [302, 'has answered 302 on POST /qr'],
    [422, 'has answered 422 on POST /qr'],
    ['reset', 'has not answered (ECONNRESET) on POST /qr'],
  ])("rejects without the QR's text when Laravel answers %j", async (answer, detail) => {
    const server = await standIn(() => answer)
    const { laravel, logs } = client(server.url)
    const error: unknown = await laravel.publishQr(offered, qr, signal()).catch(reason => reason)
    expect(error).toMatchObject({ code: 'LARAVEL_UNREACHABLE' })
    expect(String(error)).toContain(detail)
    expect(`${JSON.stringify(error)}${String(error)}${logs}`).not.toContain('secretqrtext')
  })

  it('ends when its signal aborts', async () => {
    const server = await standIn(() => 'hang')
    const { laravel } = client(server.url)
    const controller = new AbortController()
    const published = laravel.publishQr(offered, qr, controller.signal)
    const refused = expect(published).rejects.toMatchObject({ code: 'LARAVEL_UNREACHABLE' })
    await vi.waitFor(() => expect(server.seen).toHaveLength(1), 20_000)
    controller.abort()
    await refused
  })
})

it('without LARAVEL_URL the client posts nothing and every session is active', async () => {
  const { laravel } = client(null)
  expect(await laravel.askActive('s1', signal())).toEqual({ said: 'active', fault: null })
  await laravel.publishQr(offered, { text: 'x', expiresAt: 0 }, signal())
  expect(laravel.health()).toEqual({ ok: true, problem: null })
  expect(laravel.address).toBeNull()
})
