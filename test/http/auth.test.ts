import { describe, expect, it } from 'vitest'
import { createTestHttp, post } from './fakes.ts'

const ROUTES: [string, string][] = [
  ['POST', '/start'],
  ['POST', '/send-message'],
  ['GET', '/sessions'],
  ['GET', '/sessions/s1'],
  ['GET', '/session/s1'],
  ['GET', '/sessions/s1/qr'],
  ['POST', '/sessions/s1/restart'],
  ['POST', '/sessions/s1/logout'],
  ['DELETE', '/sessions/s1'],
  ['DELETE', '/session/s1'],
  ['POST', '/delete-session'],
  ['GET', '/sessions/s1/events'],
  ['GET', '/events'],
  ['GET', '/inspect'],
  ['GET', '/metrics'],
  ['GET', '/sessions/s1/at/1'],
  ['GET', '/sessions/s1/messages/3EB0AAAA'],
  ['GET', '/sessions/s1/numbers/34600000002'],
  ['GET', '/sessions/s1/chats/34600000002/messages'],
  ['POST', '/sessions/s1/pairing-code'],
  ['GET', '/sessions/s1/pairing-code'],
  ['GET', '/sessions/s1/passkey'],
  ['POST', '/sessions/s1/passkey'],
  ['POST', '/sessions/s1/passkey/confirm'],
  ['DELETE', '/sessions/s1/passkey'],
  ['POST', '/sessions/s1/read'],
  ['POST', '/sessions/s1/presence'],
  ['GET', '/deliveries'],
  ['GET', '/deliveries/dead'],
  ['GET', '/deliveries/s1'],
  ['POST', '/deliveries/retry'],
  ['POST', '/deliveries/s1/redrive'],
  ['POST', '/sessions/s1/replay'],
  ['GET', '/media/s1'],
  ['GET', '/stats'],
  ['GET', '/health'],
  ['GET', '/laravel/check'],
  ['GET', '/'],
  ['GET', '/dashboard/*'],
  ['GET', '/nothing'],
  ['HEAD', '/sessions'],
  ['PUT', '/start'],
]

describe('authentication with API_KEYS', () => {
  const apiKeys = ['first-key', 'second-key']
  const withKeys = (path: string, headers: Record<string, string>, method = 'GET') =>
    createTestHttp({ apiKeys }).app.request(path, { method, headers })

  it.each(ROUTES)('%s %s needs a key', async (method, path) => {
    const { app, calls } = createTestHttp({ apiKeys })
    const response = await app.request(path, { method })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    if (method !== 'HEAD')
      expect(await response.json()).toMatchObject({ success: false, error: 'UNAUTHENTICATED' })
    expect(calls).toEqual([])
  })

  it('every mounted route is in the list of tested routes', () => {
    const mounted = createTestHttp().app.routes.filter(({ method }) => method !== 'ALL')
    expect(mounted.length).toBeGreaterThan(15)
    const shapes = ROUTES.map(([method, path]) => `${method} ${path}`)
    for (const { method, path } of mounted) {
      // A passkey's page has a token in place of a key: routes/passkey-page.test.ts. The login takes one: login/login.test.ts.
      if (['/health/live', '/health/ready', '/openapi.json', '/docs'].includes(path)) continue
      if (['/passkey/:token', '/login'].includes(path)) continue
      const concrete = path
        .replace(':id', 's1')
        .replace(':seq', '1')
        .replace(':message_id', '3EB0AAAA')
        .replace(':phone', '34600000002')
        .replace(':chat_id', '34600000002')
      expect(shapes).toContain(`${method} ${concrete}`)
    }
  })

  it.each(['/health/live', '/health/ready', '/openapi.json', '/docs'])('%s needs no key', async path => {
    expect((await withKeys(path, {})).status).toBe(200)
  })

  it.each<Record<string, string>>([
    { authorization: 'Bearer first-key' },
    { authorization: 'Bearer second-key' },
    { authorization: 'bearer   first-key ' },
    { 'x-api-key': 'first-key' },
    { 'X-API-KEY': 'second-key' },
    { 'x-api-key': 'wrong', authorization: 'Bearer first-key' },
    { 'x-api-key': 'first-key', authorization: 'Basic dTpw' },
  ])('a request with %j is let through', async headers => {
    expect((await withKeys('/stats', headers)).status).toBe(200)
  })

  it.each<Record<string, string>>([
    {},
    { authorization: '' },
    { authorization: 'Bearer' },
    { authorization: 'Bearer ' },
    { authorization: 'Bearer wrong' },
    { authorization: 'Bearer first-ke' },
    { authorization: 'Bearer first-keyx' },
    { authorization: 'Bearer FIRST-KEY' },
    { authorization: 'Bearer first-key second-key' },
    { authorization: 'Bearer first-key,second-key' },
    { authorization: 'first-key' },
    { authorization: 'Basic first-key' },
    { authorization: `Bearer ${'x'.repeat(8000)}` },
    { 'x-api-key': '' },
    { 'x-api-key': 'Bearer first-key' },
    { 'x-api-key': 'first-key,second-key' },
    { cookie: 'api_key=first-key' },
    { 'api-key': 'first-key' },
  ])('a request with %j is refused', async headers => {
    expect((await withKeys('/stats', headers)).status).toBe(401)
  })

  it.each([
    'key',
    'api_key',
    'apiKey',
    'access_token',
    'token',
    'x-api-key',
  ])('a key in the query parameter ?%s= is never read', async name => {
    expect((await withKeys(`/stats?${name}=first-key`, {})).status).toBe(401)
  })

  it.each([
    '/health/live/',
    '/health/LIVE',
    '/health/live/../../stats',
    '/health%2Flive',
    '/x/health/live',
  ])('%s gives no access', async path => {
    expect((await withKeys(path, {})).status).toBe(401)
  })

  it('any Host and Origin is accepted with a key', async () => {
    const headers = { host: 'gateway.example', origin: 'https://app.example', 'x-api-key': 'first-key' }
    const response = await withKeys('/stats', headers)
    expect(response.status).toBe(200)
    expect([...response.headers.keys()].filter(name => name.startsWith('access-control'))).toEqual([])
  })

  it('the key is checked before the body is read', async () => {
    const response = await createTestHttp({ apiKeys }).app.request('/start', post('{'))
    expect(response.status).toBe(401)
  })
})

describe('a key that may only read', () => {
  const keys = { apiKeys: ['writes'], readKeys: ['reads', 'looks'] }
  const withKey = (key: string, method: string, path: string) => {
    const { app, calls } = createTestHttp(keys)
    return { calls, response: app.request(path, { method, headers: { 'x-api-key': key } }) }
  }
  const READABLE = [
    '/sessions',
    '/sessions/s1',
    '/session/s1',
    '/events',
    '/inspect',
    '/metrics',
    '/sessions/s1/events',
    '/sessions/s1/at/1',
    '/sessions/s1/messages/3EB0AAAA',
    '/sessions/s1/chats/34600000002/messages',
    '/deliveries',
    '/deliveries/dead',
    '/deliveries/s1',
    '/media/s1',
    '/stats',
    '/health',
    '/laravel/check',
    '/',
    '/dashboard/*',
    '/nothing',
  ]

  it.each(ROUTES)('%s %s is answered only if it changes and gives away nothing', async (method, path) => {
    const { calls, response } = withKey('reads', method, path)
    const { status } = await response
    if (READABLE.includes(path) && (method === 'GET' || method === 'HEAD'))
      return expect(status).not.toBe(403)
    expect(await (await response).json()).toMatchObject({ success: false, error: 'READ_ONLY' })
    expect(status).toBe(403)
    expect(calls).toEqual([])
  })

  it.each([
    '%0A34600000002',
    '%E2%80%A834600000002',
    '34600000002',
  ])('asks WhatsApp for no number: %s', async phone => {
    const { calls, response } = withKey('reads', 'GET', `/sessions/s1/numbers/${phone}`)
    expect((await response).status).toBe(403)
    expect(calls).toEqual([])
  })

  it('is told apart from one that may write, and from none', async () => {
    expect((await withKey('looks', 'GET', '/stats').response).status).toBe(200)
    expect((await withKey('writes', 'GET', '/sessions/s1/qr').response).status).toBe(200)
    for (const key of ['reads:read', 'looks:read', 'nobody'])
      expect((await withKey(key, 'GET', '/stats').response).status).toBe(401)
  })

  it('alone leaves nothing open', async () => {
    const { app } = createTestHttp({ readKeys: ['reads'] })
    expect((await app.request('/stats')).status).toBe(401)
    expect((await app.request('/start', post({ user_id: 1 }))).status).toBe(401)
    expect((await app.request('/health/live')).status).toBe(200)
  })
})

describe('authentication without API_KEYS', () => {
  it.each([
    'localhost',
    'localhost:3000',
    'LOCALHOST',
    '127.0.0.1',
    '127.0.0.1:80',
    '127.1.2.3',
    '[::1]',
    '[::1]:3000',
  ])('a request with the loopback Host %s is answered', async host => {
    expect((await createTestHttp().app.request('/stats', { headers: { host } })).status).toBe(200)
  })

  it.each([
    'evil.example',
    'evil.example:3000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    '0.0.0.0',
    '[::]',
    '169.254.169.254',
    'localhost@evil.example',
    'a b',
    '',
  ])('a request with the Host %j is refused on every route', async host => {
    for (const [method, path] of [...ROUTES, ['GET', '/health/live']] as const) {
      const { app, calls } = createTestHttp()
      const response = await app.request(path, { method, headers: { host } })
      expect(response.status).toBe(403)
      if (method !== 'HEAD')
        expect(await response.json()).toMatchObject({ success: false, error: 'ORIGIN_FORBIDDEN' })
      expect(calls).toEqual([])
    }
  })

  it('the address in the request line is checked, too', async () => {
    const response = await createTestHttp().app.request('http://evil.example/stats', {
      headers: { host: 'localhost' },
    })
    expect(response.status).toBe(403)
  })

  it.each([
    'https://evil.example',
    'null',
    'http://localhost.evil.example',
    'file://',
  ])('a web page of %s cannot send requests', async origin => {
    const { app, calls } = createTestHttp()
    const response = await app.request('/sessions/s1/logout', { method: 'POST', headers: { origin } })
    expect(response.status).toBe(403)
    expect(calls).toEqual([])
  })

  it('a web page of this machine can send requests', async () => {
    const headers = { origin: 'http://127.0.0.1:8000' }
    const response = await createTestHttp().app.request('/sessions/s1/logout', { method: 'POST', headers })
    expect(response.status).toBe(200)
  })
})
