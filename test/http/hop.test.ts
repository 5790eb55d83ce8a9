import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { GatewayError } from '../../src/base/errors.ts'
import type { Place, Routing } from '../../src/ports/cluster/routing.ts'
import { createTestHttp, post } from './fakes.ts'

const TOKEN = 'the-token-of-the-nodes'
const MARK = 'x-whatsapp-manager-node'
const KEY = { authorization: 'Bearer k1' }

interface Asked {
  method: string
  url: string
  headers: Record<string, unknown>
  body: string
}

describe('A request about a session of another node', () => {
  const asked: Asked[] = []
  let answer = {
    status: 200,
    headers: { 'x-other': 'yes' } as Record<string, string>,
    body: '{"success":true}',
  }
  const other = createServer((request, response) => {
    let body = ''
    request.on('data', chunk => {
      body += chunk
    })
    request.on('end', () => {
      asked.push({ method: request.method!, url: request.url!, headers: request.headers, body })
      response
        .writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
        .end(answer.body)
    })
  })
  let url = ''
  beforeAll(async () => {
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
  })
  afterAll(() => other.close())
  afterEach(() => {
    asked.length = 0
    answer = { status: 200, headers: { 'x-other': 'yes' }, body: '{"success":true}' }
  })

  const node = (place: (sessionId: string) => Place | 'nowhere', over: Partial<Routing> = {}) =>
    createTestHttp({
      apiKeys: ['k1'],
      madeUp: true,
      routing: {
        token: TOKEN,
        isHere: () => false,
        placeOf: async id => place(id),
        placeForNew: () => null,
        ...over,
      },
    }).app
  const away = () => node(() => ({ url }))
  const withKey = (init: RequestInit = {}): RequestInit => ({ ...init, headers: { ...init.headers, ...KEY } })

  it.each<[string, string, unknown]>([
    ['POST', '/send-message', { session_id: 's1', wa_id: '34600000002', type: 'text', body: 'hi' }],
    ['POST', '/start', { user_id: 7, session_id: 's1' }],
    ['POST', '/delete-session', { session_id: 's1' }],
    ['POST', '/sessions/s1/read', { message_ids: ['A'] }],
    ['POST', '/sessions/s1/presence', { presence: 'available' }],
    ['POST', '/sessions/s1/pairing-code', { phone_number: '34600000001' }],
    ['POST', '/sessions/s1/replay', { after: 1 }],
    ['POST', '/sessions/s1/logout', undefined],
    ['DELETE', '/sessions/s1', undefined],
    ['DELETE', '/session/s1', undefined],
    ['GET', '/sessions/s1/qr?format=json', undefined],
    ['GET', '/sessions/s1/pairing-code', undefined],
    ['GET', '/sessions/s1/passkey', undefined],
    ['GET', '/sessions/s1/numbers/34600000002', undefined],
  ])('%s %s is passed on as it came, with its answer', async (method, path, body) => {
    const { request } = away()
    answer = { ...answer, status: 202 }
    const init = body === undefined ? {} : post(body, { 'idempotency-key': 'once' })
    const response = await request(path, withKey({ ...init, method }))
    expect([response.status, await response.json()]).toEqual([202, { success: true }])
    expect(response.headers.get('x-other')).toBe('yes')
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatchObject({ method, url: path, headers: { [MARK]: TOKEN } })
    if (body !== undefined) {
      expect(JSON.parse(asked[0]!.body)).toEqual(body)
      expect(asked[0]!.headers['idempotency-key']).toBe('once')
    }
  })

  it.each([
    '/sessions',
    '/sessions/s1',
    '/session/s1',
    '/sessions/s1/events',
    '/sessions/s1/at/1',
    '/stats',
  ])('GET %s is read here: all nodes share what it is read from', async path => {
    const { request } = away()
    expect((await request(path, withKey())).status).toBe(200)
    expect(asked).toEqual([])
  })

  it('is passed on once: a node that was asked by another passes nothing on', async () => {
    const { request } = away()
    const response = await request('/sessions/s1/qr', { headers: { [MARK]: TOKEN } })
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('1')
    expect(asked).toEqual([])
  })

  it('needs a key where it arrives, and none where another node passes it on; a wrong token is none', async () => {
    expect((await away().request('/sessions/s1/qr')).status).toBe(401)
    const here = () => node(() => null, { isHere: () => true })
    expect((await here().request('/sessions/s1/logout', post({}, { [MARK]: TOKEN }))).status).toBe(200)
    for (const token of ['', 'x', `${TOKEN}x`, TOKEN.toUpperCase()])
      expect((await here().request('/sessions/s1/logout', post({}, { [MARK]: token }))).status).toBe(401)
    expect(asked).toEqual([])
  })

  it('is a 503 with Retry-After while nobody has it, and where its node does not answer', async () => {
    const nobody = node(() => {
      throw new GatewayError('NOT_READY', 'nobody', { retryAfterSeconds: 2 })
    })
    const gone = node(() => ({ url: 'http://127.0.0.1:1' }))
    for (const { request } of [nobody, gone]) {
      const response = await request('/sessions/s1/logout', withKey(post({})))
      expect(response.status).toBe(503)
      expect(response.headers.get('retry-after')).toBe('2')
      expect(await response.json()).toMatchObject({ error: 'NOT_READY' })
    }
  })

  it('of a new one is answered here, or where there is room', async () => {
    const full = node(() => 'nowhere', { placeForNew: () => ({ url }) })
    await full.request('/start', withKey(post({ user_id: 7, session_id: 'new' })))
    await full.request('/start', withKey(post({ user_id: 7 })))
    expect(asked.map(({ body }) => JSON.parse(body))).toEqual([
      { user_id: 7, session_id: 'new' },
      { user_id: 7 },
    ])
    const here = node(() => 'nowhere')
    expect((await here.request('/start', withKey(post({ user_id: 7 })))).status).toBe(200)
    expect(asked).toHaveLength(2)
  })
})
