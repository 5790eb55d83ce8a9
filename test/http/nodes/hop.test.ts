import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { GatewayError } from '../../../src/base/errors.ts'
import type { Nobody, Place, Routing } from '../../../src/ports/cluster/routing.ts'
import type { SendOutcome, Sessions } from '../../../src/ports/sessions.ts'
import { notRunning } from '../../../src/sessions/unavailable.ts'
import { createTestClock } from '../../base/clock.ts'
import { createTestHttp, post } from '../fakes.ts'

const TOKEN = 'the-token-of-the-nodes'
const PROOF = 'the-proof-of-the-nodes'
const MARK = 'x-whatsapp-manager-node'
/** Nobody listens there. */
const GONE = { node: 'gone', url: 'http://127.0.0.1:1' }
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
        .writeHead(answer.status, { 'content-type': 'application/json', [MARK]: PROOF, ...answer.headers })
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

  const node = (
    place: (sessionId: string) => Place | Nobody | 'nowhere',
    over: Partial<Routing> = {},
    parts: Parameters<typeof createTestHttp>[0] = {},
  ) =>
    createTestHttp({
      ...parts,
      apiKeys: ['k1'],
      madeUp: true,
      routing: {
        token: TOKEN,
        proof: PROOF,
        isHere: () => false,
        placeOf: async id => place(id),
        placeForNew: () => null,
        ...over,
      },
    }).app
  const away = () => node(() => ({ node: 'other', url }))
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
    expect([response.headers.get('x-other'), response.headers.get(MARK)]).toEqual(['yes', null])
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
    const asked: [() => Place | Nobody, string][] = [
      [() => ({ why: 'free' }), '2'],
      [() => ({ why: 'moving' }), '1'],
      [() => GONE, '2'],
    ]
    for (const [place, after] of asked) {
      const response = await node(place).request('/sessions/s1/logout', withKey(post({})))
      expect(response.status).toBe(503)
      expect(response.headers.get('retry-after')).toBe(after)
      expect(await response.json()).toMatchObject({ error: 'NOT_READY' })
    }
  })

  it('that no session can be called by is nowhere asked for, whatever a database makes of it', async () => {
    const { request } = node(id => {
      throw new Error(`asked for ${JSON.stringify(id)}`)
    })
    for (const [path, init] of [
      ['/sessions/%00/restart', post({})],
      ['/sessions/a%00b/qr', {}],
      [`/sessions/${'x'.repeat(65)}/logout`, post({})],
    ] as const) {
      const response = await request(path, withKey(init))
      expect([path, response.status]).toEqual([path, 404])
    }
  })

  it.each([
    [200, ''],
    [200, TOKEN],
    [404, 'x'],
    [302, PROOF.slice(1)],
  ])('that something else answers with %i is not answered: NODE_URL was wrong', async (status, shown) => {
    const { request } = away()
    answer = { ...answer, status, headers: { [MARK]: shown, location: '/' } }
    const response = await request('/sessions/s1/logout', withKey(post({})))
    expect([response.status, await response.json()]).toMatchObject([503, { error: 'NOT_READY' }])
    expect(response.headers.get('retry-after')).toBe('2')
  })

  it('shows a node that asks that one answers, a refusal too, and nobody else', async () => {
    const { request } = node(() => null, { isHere: () => true })
    const shown = async (path: string, mark: string, init: RequestInit = {}) =>
      (await request(path, { ...init, headers: { ...init.headers, ...KEY, [MARK]: mark } })).headers.get(MARK)
    expect(await shown('/sessions/s1/logout', TOKEN, post({}))).toBe(PROOF)
    expect(await shown('/sessions/none/restart', TOKEN, post({}))).toBe(PROOF)
    expect(await shown('/nothing', TOKEN)).toBe(PROOF)
    for (const mark of ['', 'x', PROOF]) expect(await shown('/sessions/s1', mark)).toBeNull()
  })

  it('that two nodes begin in one moment is the one that was first, with its answer', async () => {
    answer = { status: 409, headers: {}, body: '{"success":false,"error":"CONFLICT"}' }
    const places: (Place | 'nowhere')[] = ['nowhere', { node: 'other', url }]
    const { app } = createTestHttp({
      apiKeys: ['k1'],
      routing: {
        token: TOKEN,
        proof: PROOF,
        isHere: () => false,
        placeOf: async () => places.shift()!,
        placeForNew: () => null,
      },
      sessions: {
        async start() {
          throw new GatewayError('SEQ_CONFLICT', 'Session new exists already')
        },
      },
    })
    const response = await app.request('/start', withKey(post({ user_id: 8, session_id: 'new' })))
    expect([response.status, await response.json()]).toEqual([409, { success: false, error: 'CONFLICT' }])
    expect(asked.map(({ body }) => JSON.parse(body))).toEqual([{ user_id: 8, session_id: 'new' }])
    expect(places).toEqual([])
  })

  it('of a new one is answered here, or where there is room', async () => {
    const full = node(() => 'nowhere', { placeForNew: () => ({ node: 'other', url }) })
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

  describe('that is a send', () => {
    const SEND = { session_id: 's1', wa_id: '34600000002', type: 'text', body: 'hi' }
    const left: unknown[][] = []
    let outcomes: (SendOutcome | null)[] = []
    const clock = createTestClock()
    beforeEach(() => {
      left.length = 0
      outcomes = []
    })
    const sessions: Partial<Sessions> = {
      async leaveSend(...args) {
        left.push(args)
        const next = outcomes.shift()
        return next === undefined ? { messageId: 'LEFT', status: 'queued', address: args[1].to } : next
      },
    }
    const asking = (
      place: (sessionId: string) => Place | Nobody | 'nowhere',
      { over = {}, init = {} }: { over?: Partial<Sessions>; init?: Record<string, unknown> } = {},
    ) => {
      const { request } = node(place, {}, { sessions: { ...sessions, ...over }, clock })
      return request('/send-message', withKey(post({ ...SEND, ...init })))
    }

    it.each<[string, Place | Nobody, string | null]>([
      ['that no node has', { why: 'free' }, null],
      ['whose node is gone', GONE, 'gone'],
    ])('for a session %s is accepted, and waits for its next node', async (_, place, gone) => {
      const response = await asking(() => place, { init: { idempotency_key: 'k' } })
      expect(response.status).toBe(202)
      expect(await response.json()).toMatchObject({ message_id: 'LEFT', status: 'queued' })
      expect(left).toEqual([['s1', expect.objectContaining({ body: 'hi' }), gone, 'k']])
    })

    it('without a key is refused where a node may have it already: it could go out twice', async () => {
      const resets = createServer(request => request.socket.destroy())
      await new Promise<void>(resolve => resets.listen(0, '127.0.0.1', resolve))
      const place = { node: 'n', url: `http://127.0.0.1:${(resets.address() as AddressInfo).port}` }
      expect((await asking(() => place)).status).toBe(503)
      expect(left).toEqual([])
      expect((await asking(() => place, { init: { idempotency_key: 'k' } })).status).toBe(202)
      expect(left).toHaveLength(1)
      resets.close()
    })

    it('waits while its session moves, and is sent where that arrives', async () => {
      const places: (Place | Nobody)[] = [{ why: 'moving' }, { why: 'moving' }, { node: 'other', url }]
      const answering = asking(() => places.shift()!)
      await vi.waitFor(() => expect(places).toHaveLength(2))
      await clock.advance(100)
      await vi.waitFor(() => expect(places).toHaveLength(1))
      await clock.advance(100)
      expect((await answering).status).toBe(200)
      expect(left).toEqual([])
      expect(asked).toHaveLength(1)
    })

    it.each([
      'NOT_READY',
      'SHUTTING_DOWN',
      'EPOCH_CONFLICT',
    ])('that its node refuses with %s is asked again, not left', async error => {
      answer = { ...answer, status: 503, body: JSON.stringify({ success: false, error, message: 'm' }) }
      const answering = asking(() => ({ node: 'other', url }))
      await vi.waitFor(() => expect(asked).toHaveLength(1))
      answer = { ...answer, status: 200, body: '{"success":true}' }
      await vi.waitFor(async () => {
        await clock.advance(100)
        expect(asked).toHaveLength(2)
      })
      expect((await answering).status).toBe(200)
      expect(left).toEqual([])
    })

    it('that its node could not store is no send: the answer stands', async () => {
      answer = { ...answer, status: 503, body: '{"success":false,"error":"STORE_FAILED","message":"m"}' }
      const response = await asking(() => ({ node: 'other', url }))
      expect([response.status, await response.json()]).toMatchObject([503, { error: 'STORE_FAILED' }])
      expect(left).toEqual([])
    })

    it('goes on to the next node where its session has just left this one', async () => {
      const places: Place[] = [null, { node: 'other', url }]
      const send = async () => {
        throw notRunning()
      }
      const answering = asking(() => places.shift()!, { over: { send } })
      await vi.waitFor(() => expect(places).toHaveLength(1))
      await clock.advance(100)
      expect((await answering).status).toBe(200)
      expect(asked).toHaveLength(1)
    })

    it('is refused once it has waited for too long', async () => {
      const answering = asking(() => ({ why: 'moving' }))
      let isAnswered = false
      void Promise.resolve(answering).then(() => {
        isAnswered = true
      })
      await vi.waitFor(async () => {
        await clock.advance(1_000)
        expect(isAnswered).toBe(true)
      })
      expect((await answering).status).toBe(503)
      expect((await answering).headers.get('retry-after')).toBe('1')
    })

    it('that another node passes on is refused at once while its session moves: that node asks again', async () => {
      const { request } = node(() => ({ why: 'moving' }), {}, { sessions, clock })
      const response = await request('/send-message', post(SEND, { [MARK]: TOKEN }))
      expect([response.status, left]).toEqual([503, []])
    })

    it('is asked for once more if somebody took the session up just now', async () => {
      outcomes = [null]
      const places: (Place | Nobody)[] = [{ why: 'free' }, { node: 'other', url }]
      const answering = asking(() => places.shift()!)
      await vi.waitFor(() => expect(left).toHaveLength(1))
      await clock.advance(100)
      expect((await answering).status).toBe(200)
      expect(asked).toHaveLength(1)
    })
  })
})
