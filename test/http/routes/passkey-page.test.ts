import { describe, expect, it } from 'vitest'
import { passkeyPageAnswer } from '../../../src/http/schemas/passkey.ts'
import type { SessionQueries } from '../../../src/ports/session-queries.ts'
import { createTestHttp, NOW, view } from '../fakes.ts'

const TOKEN = 'the-token-of-a-page'
const PATH = `/passkey/${TOKEN}`
const WEB = 'https://web.whatsapp.com'
const options = { challenge: 'Y2hhbGxlbmdl', rpId: 'whatsapp.com' }
const made = {
  ...{ id: 'AAAA', rawId: 'AAAA', type: 'public-key' },
  response: { clientDataJSON: 'eyJ9', authenticatorData: 'BBBB', signature: 'CCCC', userHandle: null },
}

/** The edge with a key that nobody presents here, and one token that is good until it was used. */
function edge(queries: Partial<SessionQueries> = {}, apiKeys = ['a-key']) {
  const state = { token: TOKEN }
  const made = createTestHttp({
    apiKeys,
    sessions: {
      async submitPasskey(sessionId, assertion) {
        made.calls.push({ name: 'submitPasskey', args: [sessionId, assertion] })
        state.token = 'another'
      },
    },
    queries: { get: async () => view({ passkey: { state: 'required', expiresAt: NOW + 1000 } }), ...queries },
    passkeys: {
      read: () => ({ options, code: 'ABCD-2345', token: state.token, expiresAt: NOW + 1000 }),
      sessionNamedIn: token => (token === 'unknown' ? null : 's1'),
      sessionOf: token => (token === state.token ? 's1' : null),
    },
  })
  return made
}

const ask = (
  { app }: ReturnType<typeof edge>,
  method: string,
  { origin, path = PATH, body }: { origin?: string; path?: string; body?: unknown } = {},
) =>
  app.request(path, {
    method,
    headers: {
      ...(origin !== undefined && { origin }),
      ...(method === 'OPTIONS' && { 'access-control-request-method': 'POST' }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })

describe('the page of the owner', () => {
  it('gets the options without a key, as often as it is loaded, and learns nothing of the session', async () => {
    const one = edge()
    for (let i = 0; i < 2; i++) {
      const response = await ask(one, 'GET', { origin: WEB })
      expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store'])
      expect(response.headers.get('access-control-allow-origin')).toBe(WEB)
      const body = await response.json()
      expect(passkeyPageAnswer.parse(body)).toEqual(body)
      expect(body).toEqual({
        ...{ success: true, state: 'required', options },
        expires_at: new Date(NOW + 1000).toISOString(),
      })
    }
  })

  it('answers once: the link is used up then', async () => {
    const one = edge()
    const first = await ask(one, 'POST', { origin: WEB, body: { assertion: made } })
    expect(await first.json()).toMatchObject({ success: true, state: 'submitting', options: null })
    expect(one.calls).toEqual([{ name: 'submitPasskey', args: ['s1', made] }])
    for (const method of ['GET', 'POST']) {
      const again = await ask(one, method, {
        origin: WEB,
        ...(method === 'POST' && { body: { assertion: made } }),
      })
      expect(again.status).toBe(404)
      expect(again.headers.get('access-control-allow-origin')).toBe(WEB)
      expect(await again.json()).toMatchObject({ error: 'PASSKEY_NOT_ASKED' })
    }
    expect(one.calls).toHaveLength(1)
  })

  it('may answer again after what is no assertion', async () => {
    const one = edge()
    const refused = await ask(one, 'POST', { origin: WEB, body: { assertion: {} } })
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([422, WEB])
    expect((await ask(one, 'POST', { origin: WEB, body: { assertion: made } })).status).toBe(200)
  })

  it('is asked first by a browser, which hears of this origin alone', async () => {
    const response = await ask(edge(), 'OPTIONS', { origin: WEB })
    expect(response.status).toBe(204)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': WEB,
      'access-control-allow-methods': 'GET,POST',
      'access-control-allow-headers': 'Content-Type',
    })
    expect(response.headers.get('access-control-allow-credentials')).toBeNull()
  })

  it.each([
    'https://example.org',
    'http://web.whatsapp.com',
    'https://web.whatsapp.com.example.org',
    'https://xwhatsapp.com',
    'null',
  ])('is not a page of %s', async origin => {
    const one = edge()
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const response = await ask(one, method, {
        origin,
        ...(method === 'POST' && { body: { assertion: made } }),
      })
      expect(response.headers.get('access-control-allow-origin')).toBeNull()
      if (method !== 'OPTIONS') expect(response.status).toBe(403)
    }
    expect(one.calls).toEqual([])
  })

  it.each([
    '/passkey/',
    '/passkey/wrong',
    `/passkey/${TOKEN}x`,
    `/passkey/${TOKEN}/x`,
    '/passkey',
  ])('is not found at %s', async path => {
    const response = await ask(edge(), 'GET', { origin: WEB, path })
    expect([401, 404]).toContain(response.status)
    expect(await response.text()).not.toContain('challenge')
  })

  it('takes one assertion of two that come at once: its token is good once', async () => {
    const one = edge()
    const answers = await Promise.all(
      [1, 2].map(() => ask(one, 'POST', { origin: WEB, body: { assertion: made } })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404])
    expect(one.calls.filter(({ name }) => name === 'submitPasskey')).toHaveLength(1)
  })

  it('takes no other method', async () => {
    const response = await ask(edge(), 'DELETE', { origin: WEB })
    expect(response.status).toBe(405)
  })

  it('has a token that stands in no log', async () => {
    const one = edge()
    await ask(one, 'GET', { origin: WEB })
    expect(one.logs.join('')).toContain('/passkey/{token}')
    expect(one.logs.join('')).not.toContain(TOKEN)
  })

  it.each([
    PATH,
    `${PATH}/`,
    `${PATH}/x`,
  ])('has a token that stands in no log, even when %s fails', async path => {
    const one = edge({
      get: () => Promise.reject(new Error('out of order')),
    })
    expect([500, 401]).toContain((await ask(one, 'GET', { origin: WEB, path })).status)
    expect(one.logs.join('')).toContain('/passkey/{token}')
    expect(one.logs.join('')).not.toContain(TOKEN)
  })

  it('is answered without API_KEYS, too, where no other path answers a page of WhatsApp', async () => {
    const one = edge({}, [])
    expect((await ask(one, 'GET', { origin: WEB })).status).toBe(200)
    const other = await ask(one, 'GET', { origin: WEB, path: '/sessions/s1/passkey' })
    expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([403, null])
  })

  it('is the only one with CORS', async () => {
    const response = await edge().app.request('/sessions/s1/passkey', {
      headers: { origin: WEB, 'x-api-key': 'a-key' },
    })
    expect(response.status).toBe(200)
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })
})
