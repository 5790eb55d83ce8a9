import { describe, expect, it, vi } from 'vitest'
import { createClock } from '../../../src/base/clock.ts'
import { GatewayError } from '../../../src/base/errors.ts'
import { createMemoryLogins } from '../../../src/http/login/memory-logins.ts'
import { createTestClock } from '../../base/clock.ts'
import { createTestPages, form, logIn } from '../../dashboard/pages.ts'
import { isPending, post } from '../fakes.ts'

const keys = { apiKeys: ['writes'], readKeys: ['reads'] }
const HOUR = 3_600_000

/** The pages under a clock that a test moves. */
function createMovedPages() {
  const time = { now: Date.UTC(2026, 0, 1) }
  return { time, ...createTestPages({}, { ...keys, clock: { ...createClock(), now: () => time.now } }) }
}

describe('a login', () => {
  it('gives a cookie that says nothing of the key, and that no script reads', async () => {
    const { app } = createTestPages({}, keys)
    const response = await app.request('/login', form({ key: 'writes' }))
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe('/')
    const cookie = response.headers.get('set-cookie')!
    expect(cookie).toMatch(/^dashboard_login=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/)
    expect(cookie).not.toContain('writes')
    const again = await app.request('/login', form({ key: 'writes' }))
    expect(again.headers.get('set-cookie')).not.toBe(cookie)
  })

  it.each([
    [{ 'x-forwarded-proto': 'https' }, true],
    [{ 'x-forwarded-proto': 'HTTPS, http' }, true],
    [{ 'x-forwarded-proto': 'http' }, false],
    [{ host: 'wa.test' }, true],
    [{ host: 'other.test' }, false],
    [{}, false],
  ])('is bound to https when it came by it: %j', async (headers, secure) => {
    const { app } = createTestPages({}, { ...keys, base: () => 'https://wa.test' })
    const response = await app.request('/login', form({ key: 'writes' }, headers as never))
    expect(/; Secure/.test(response.headers.get('set-cookie')!)).toBe(secure)
  })

  it('opens the routes of the API as the key does', async () => {
    const { app, calls } = createTestPages({}, keys)
    const headers = await logIn(app, 'writes')
    expect((await app.request('/stats', { headers })).status).toBe(200)
    expect((await app.request('/sessions/s1/qr', { headers })).status).toBe(200)
    expect((await app.request('/sessions/s1/restart', { method: 'POST', headers })).status).toBe(200)
    expect(calls.map(({ name }) => name)).toContain('restart')
  })

  it('with a key for reading sees no QR and no code, and changes nothing', async () => {
    const { app, calls } = createTestPages({}, keys)
    const headers = await logIn(app, 'reads')
    expect((await app.request('/sessions/s1', { headers })).status).toBe(200)
    calls.length = 0
    for (const path of ['qr', 'pairing-code', 'passkey', 'numbers/34600000002'])
      expect((await app.request(`/sessions/s1/${path}`, { headers })).status, path).toBe(403)
    for (const path of ['/start', '/sessions/s1/restart', '/deliveries/12/redrive'])
      expect((await app.request(path, { ...post({ user_id: 1 }), headers })).status, path).toBe(403)
    expect(calls).toEqual([])
  })

  it('ends when it is ended, and other logins go on', async () => {
    const { app } = createTestPages({}, keys)
    const [one, other] = [await logIn(app, 'writes'), await logIn(app, 'writes')]
    const ended = await app.request('/login', { method: 'DELETE', headers: one })
    expect(ended.status).toBe(204)
    expect(ended.headers.get('set-cookie')).toMatch(/^dashboard_login=; Max-Age=0; Path=\//)
    expect((await app.request('/stats', { headers: one })).status).toBe(401)
    expect((await app.request('/stats', { headers: other })).status).toBe(200)
  })

  it('ends the one before in the same browser', async () => {
    const { app } = createTestPages({}, keys)
    const headers = await logIn(app, 'writes')
    await app.request('/login', form({ key: 'reads' }, headers))
    expect((await app.request('/stats', { headers })).status).toBe(401)
  })

  it('ends after an hour in which nobody used it, not before', async () => {
    const { app, time } = createMovedPages()
    const headers = await logIn(app, 'writes')
    for (const wait of [HOUR - 1, HOUR - 1]) {
      time.now += wait
      expect((await app.request('/stats', { headers })).status).toBe(200)
    }
    time.now += HOUR
    expect((await app.request('/stats', { headers })).status).toBe(401)
  })

  it('ends after twelve hours, however much it was used', async () => {
    const { app, time } = createMovedPages()
    const headers = await logIn(app, 'writes')
    for (let half = 1; half < 24; half++) {
      time.now += HOUR / 2
      expect((await app.request('/stats', { headers })).status).toBe(200)
    }
    time.now += HOUR / 2
    expect((await app.request('/stats', { headers })).status).toBe(401)
  })

  it('is none for a cookie that was made up', async () => {
    const { app } = createTestPages({}, keys)
    for (const value of ['', 'writes', 'x'.repeat(43), `${'x'.repeat(43)};`, '../..', 'é'.repeat(43)])
      expect(
        (await app.request('/stats', { headers: { cookie: `dashboard_login=${encodeURIComponent(value)}` } }))
          .status,
        value,
      ).toBe(401)
  })

  it.each([
    ['/dashboard/deliveries', '/dashboard/deliveries'],
    ['//evil.example', '/'],
    ['https://evil.example/', '/'],
    ['/\\evil.example', '/'],
    ['/dashboard/\\evil', '/'],
    ['/sessions/s1', '/'],
    ['javascript:alert(1)', '/'],
  ])('leads to %s by way of %s, and to no other host', async (next, location) => {
    const { app } = createTestPages({}, keys)
    const response = await app.request('/login', form({ key: 'writes', next }))
    expect(response.headers.get('location')).toBe(location)
  })

  it('writes neither the key nor the cookie into the log', async () => {
    const { app, logs } = createTestPages({}, keys)
    const { cookie } = await logIn(app, 'writes')
    await app.request('/login', form({ key: 'a-wrong-secret' }))
    expect(logs.length).toBeGreaterThan(1)
    const text = logs.join('')
    for (const secret of ['writes', 'a-wrong-secret', cookie.split('=')[1]!])
      expect(text).not.toContain(secret)
  })
})

describe('while the database of all nodes is away', () => {
  /** Logins that were known a moment ago. */
  function createAway() {
    const tables = createMemoryLogins(() => 1)
    let asked = 0
    const state = { away: false, asked: () => asked }
    const orAway = <Args extends unknown[], T>(ask: (...args: Args) => Promise<T>) => {
      return async (...args: Args): Promise<T> => {
        asked++
        if (state.away) throw new GatewayError('STORE_FAILED', 'The server does not answer')
        return ask(...args)
      }
    }
    const { logins, guesses } = tables
    const { begin, find, end } = logins
    const away = { begin: orAway(begin), find: orAway(find), end: orAway(end) }
    const wrong = orAway((caller: string) => guesses.wrong(caller))
    const clock = createTestClock()
    return {
      state,
      clock,
      ...createTestPages({}, { ...keys, clock, logins: { logins: away, guesses: { wrong } } }),
    }
  }

  it('a login is neither in nor out: 503, and no way to the page of the login', async () => {
    const { app, state } = createAway()
    const headers = await logIn(app, 'writes')
    state.away = true
    for (const path of ['/stats', '/sessions/s1', '/'])
      expect((await app.request(path, { headers: { ...headers, accept: 'text/html' } })).status, path).toBe(
        503,
      )
    for (const key of ['writes', 'wrong'])
      expect((await app.request('/login', form({ key }))).status, key).toBe(503)
    state.away = false
    expect((await app.request('/stats', { headers })).status).toBe(200)
  })

  it('a key, and what needs none, asks for no login', async () => {
    const { app, state } = createAway()
    const { cookie } = await logIn(app, 'writes')
    state.away = true
    const before = state.asked()
    for (const headers of [
      { cookie, 'x-api-key': 'writes' },
      { cookie, 'x-api-key': 'reads' },
    ])
      expect((await app.request('/stats', { headers })).status).toBe(200)
    for (const path of ['/health/live', '/health/ready', '/openapi.json', '/docs'])
      expect((await app.request(path, { headers: { cookie } })).status, path).toBe(200)
    expect(state.asked()).toBe(before)
  })

  it('a stream that a login opened goes on', async () => {
    const { app, state, clock } = createAway()
    const reader = (await app.request('/events', { headers: await logIn(app, 'writes') })).body!.getReader()
    const parts: string[] = []
    let isOver = false
    const read = (async () => {
      for (let part = await reader.read(); !part.done; part = await reader.read())
        parts.push(new TextDecoder().decode(part.value))
      isOver = true
    })()
    state.away = true
    const beats = () => parts.filter(part => part === ':\n\n').length
    await clock.advance(15_000)
    await vi.waitFor(() => expect(beats()).toBe(1))
    expect(isOver).toBe(false)
    await reader.cancel()
    await read
  })
})

describe('a stream of events', () => {
  it('that was opened by a login ends with it, and one that was opened by a key goes on', async () => {
    const clock = createTestClock()
    const { app } = createTestPages({}, { ...keys, clock })
    const headers = await logIn(app, 'writes')
    const ended: string[] = []
    const open = async (name: string, given: Record<string, string>) => {
      const reader = (await app.request('/events', { headers: given })).body!.getReader()
      void (async () => {
        while (!(await reader.read()).done);
        ended.push(name)
      })()
    }
    await open('login', headers)
    await open('key', { 'x-api-key': 'writes' })
    await clock.advance(60_000)
    expect(ended).toEqual([])
    await app.request('/login', { method: 'DELETE', headers })
    await clock.advance(15_000)
    await vi.waitFor(() => expect(ended).toEqual(['login']))
  })
})

describe('a stream at one of two nodes that share their logins', () => {
  it('ends within a heartbeat of a logout at the other one', async () => {
    const clock = createTestClock()
    const shared = { ...keys, clock, logins: createMemoryLogins(clock.now) }
    const [{ app: one }, { app: two }] = [createTestPages({}, shared), createTestPages({}, shared)]
    const headers = await logIn(one, 'writes')
    const reader = (await one.request('/events', { headers })).body!.getReader()
    const ended = (async () => {
      while (!(await reader.read()).done);
    })()
    await clock.advance(30_000)
    expect(await isPending(ended)).toBe(true)
    expect((await two.request('/login', { method: 'DELETE', headers })).status).toBe(204)
    await clock.advance(15_000)
    await ended
    expect((await one.request('/stats', { headers })).status).toBe(401)
  })
})

describe('a wrong key', () => {
  it.each([
    '',
    'wrong',
    'write',
    'writesx',
    'WRITES',
    'reads:read',
    'x'.repeat(7000),
  ])('gets one and the same answer: %j', async key => {
    const { app } = createTestPages({}, keys)
    const response = await app.request('/login', form({ key }))
    expect(response.status).toBe(401)
    expect(response.headers.get('set-cookie')).toBeNull()
    const text = await response.text()
    expect(text).toContain('This key is not known.')
    if (key.length > 3) expect(text).not.toContain(key)
  })

  it('is not tried for ever: after ten of them others wait, and the right one does not', async () => {
    const { app, time } = createMovedPages()
    for (let i = 0; i < 10; i++)
      expect((await app.request('/login', form({ key: `no-${i}` }))).status).toBe(401)
    const refused = await app.request('/login', form({ key: 'no-10' }))
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('60')
    expect(refused.headers.get('set-cookie')).toBeNull()
    expect(await refused.text()).toContain('Too many wrong keys.')
    for (const key of ['writes', 'reads'])
      expect((await app.request('/login', form({ key }))).status, key).toBe(303)
    expect((await app.request('/login', form({ key: 'no-11' }))).status).toBe(429)
    time.now += 60_000
    expect((await app.request('/login', form({ key: 'no-12' }))).status).toBe(401)
  })
})

describe('what a page of somebody else has the browser ask', () => {
  const ELSEWHERE: Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    { 'sec-fetch-site': 'same-site', origin: 'https://other.localhost' },
    { 'sec-fetch-site': 'none' },
    { origin: 'https://evil.example' },
    { origin: 'http://localhost:8080' },
    { origin: 'null' },
    {},
  ]

  const known = { ...keys, base: () => 'https://wa.test' }

  it.each(ELSEWHERE)('changes nothing by the cookie: %j', async headers => {
    const { app, calls } = createTestPages({}, known)
    const { cookie } = await logIn(app, 'writes')
    const given = { ...headers, cookie }
    const asked: [string, RequestInit][] = [
      ['/sessions/s1/restart', { method: 'POST', headers: given }],
      ['/sessions/s1', { method: 'DELETE', headers: given }],
      ['/start', post({ user_id: 1 }, given)],
      ['/start', { ...post({ user_id: 1 }), headers: { ...given, 'content-type': 'text/plain' } }],
    ]
    for (const [path, init] of asked) {
      const response = await app.request(path, init)
      expect(response.status).toBe(403)
      expect(await response.json()).toMatchObject({ error: 'ORIGIN_FORBIDDEN' })
    }
    expect(calls).toEqual([])
  })

  it.each(ELSEWHERE)('neither begins nor ends a login: %j', async headers => {
    const { app } = createTestPages({}, known)
    const mine = await logIn(app, 'writes')
    const { 'sec-fetch-site': _, ...plain } = form({ key: 'writes' }).headers as Record<string, string>
    const begun = await app.request('/login', {
      ...form({ key: 'writes' }),
      headers: { ...plain, ...headers },
    })
    expect([begun.status, begun.headers.get('set-cookie')]).toEqual([403, null])
    const ended = await app.request('/login', {
      method: 'DELETE',
      headers: { cookie: mine.cookie, ...headers },
    })
    expect(ended.status).toBe(403)
    expect((await app.request('/stats', { headers: mine })).status).toBe(200)
  })

  it('is let through with a key, which no browser adds by itself', async () => {
    const { app } = createTestPages({}, keys)
    const { cookie } = await logIn(app, 'writes')
    const headers = { cookie, origin: 'https://app.example', 'x-api-key': 'writes' }
    expect((await app.request('/sessions/s1/restart', { method: 'POST', headers })).status).toBe(200)
  })

  it.each([
    ['http://wa.lan:3000', 'wa.lan:3000'],
    ['https://wa.test', 'upstream:3000'],
  ])('is told from the page itself by Origin, where the browser says no more: %s at %s', async (origin, host) => {
    const { app } = createTestPages({}, known)
    const { 'sec-fetch-site': _, ...plain } = form({}).headers as Record<string, string>
    const said = { origin, host }
    const begun = await app.request('/login', {
      ...form({ key: 'writes' }),
      headers: { ...plain, ...said },
    })
    expect(begun.status).toBe(303)
    const headers = { ...said, cookie: begun.headers.get('set-cookie')!.split(';')[0]! }
    expect((await app.request('/sessions/s1/restart', { method: 'POST', headers })).status).toBe(200)
    expect((await app.request('/login', { method: 'DELETE', headers })).status).toBe(204)
  })
})

describe('without API_KEYS', () => {
  it('the page needs no login, and no other host is answered', async () => {
    const { app } = createTestPages()
    expect((await app.request('/')).status).toBe(200)
    expect((await app.request('/', { headers: { host: 'evil.example' } })).status).toBe(403)
  })
})
