import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../../src/base/errors.ts'
import { passkeyAnswer } from '../../../src/http/schemas/passkey.ts'
import type { PasskeySecrets } from '../../../src/ports/qr-vault.ts'
import type { SessionView } from '../../../src/ports/session-queries.ts'
import type { PasskeyCommands } from '../../../src/ports/sessions.ts'
import { createTestHttp, NOW, post, view } from '../fakes.ts'

const TOKEN = 'the-token-of-a-page'
const options = { challenge: 'Y2hhbGxlbmdl', rpId: 'whatsapp.com', extensions: { uvm: true } }
const secrets: PasskeySecrets = { options, code: 'ABCD-2345', token: TOKEN, expiresAt: NOW + 600_000 }
const made = {
  id: 'AAEC_-8',
  rawId: 'AAEC_-8',
  type: 'public-key',
  response: { clientDataJSON: 'eyJ9', authenticatorData: 'BBBB', signature: 'CCCC', userHandle: null },
}

type State = NonNullable<SessionView['passkey']>['state']

/** The HTTP edge of a session that is that far; null: WhatsApp demands nothing. */
function at(state: State | null, sessions: Partial<PasskeyCommands> = {}) {
  const passkey = state && { state, expiresAt: NOW + 600_000 }
  return createTestHttp({
    sessions,
    queries: { get: async () => view({ state: 'awaitingQr', detail: 'passkey', passkey }) },
    passkeys: {
      read: () => (state ? secrets : null),
      sessionNamedIn: token => (token === TOKEN ? 's1' : null),
      sessionOf: token => (state && token === TOKEN ? 's1' : null),
    },
    base: () => 'https://manager.test',
  })
}

const page = `/passkey/${TOKEN}`
const json = { 'content-type': 'application/json' }

describe('GET /sessions/{id}/passkey', () => {
  it('shows what WhatsApp asks for, and where the page of the owner answers', async () => {
    const response = await at('required').app.request('/sessions/s1/passkey')
    const body = await response.json()
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(passkeyAnswer.parse(body)).toEqual(body)
    expect(body).toEqual({
      ...{ success: true, state: 'required', options, code: null },
      expires_at: new Date(NOW + 600_000).toISOString(),
      page_url: `https://manager.test${page}`,
    })
  })

  it.each<[State, boolean, boolean]>([
    ['submitting', true, false],
    ['confirm', true, true],
    ['finishing', false, true],
  ])('%s: options %s, code %s', async (state, takes, showsCode) => {
    const body = passkeyAnswer.parse(await (await at(state).app.request('/sessions/s1/passkey')).json())
    expect(body).toMatchObject({ state, code: showsCode ? 'ABCD-2345' : null })
    expect([body.options !== null, body.page_url !== null]).toEqual([takes, takes])
  })

  it.each(['GET', 'POST', 'DELETE'])('%s is a 404 while none is demanded', async method => {
    const { app, calls } = at(null)
    const body = method === 'POST' ? { body: JSON.stringify({ assertion: made }), headers: json } : {}
    const response = await app.request('/sessions/s1/passkey', { method, ...body })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ success: false, error: 'PASSKEY_NOT_ASKED' })
    expect(calls).toEqual([])
  })
})

describe('POST /sessions/{id}/passkey', () => {
  it.each<[string, unknown]>([
    ['as it is', { assertion: made }],
    ['as JSON in a text', { assertion: JSON.stringify(made) }],
    ['without a name around it', made],
    [
      'with padding and the signs of plain base64',
      { assertion: { ...made, id: 'AAEC/+8=', rawId: 'AAEC/+8=' } },
    ],
    [
      'without id, type and userHandle',
      { assertion: { rawId: made.rawId, response: { ...made.response, userHandle: undefined } } },
    ],
    [
      'with more than is needed',
      { assertion: { ...made, clientExtensionResults: {}, authenticatorAttachment: 'platform' } },
    ],
  ])('takes an assertion %s', async (_, body) => {
    const { app, calls } = at('required')
    const response = await app.request('/sessions/s1/passkey', post(body))
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ success: true, state: 'submitting' })
    expect(calls).toEqual([{ name: 'submitPasskey', args: ['s1', made] }])
  })

  it.each<[string, unknown, RegExp]>([
    ['nothing', {}, /must be what navigator.credentials.get gave/],
    ['null', null, /must be what navigator.credentials.get gave/],
    ['a word', { assertion: 'x' }, /must be what navigator.credentials.get gave/],
    [
      'no signature',
      { assertion: { ...made, response: { ...made.response, signature: undefined } } },
      /signature must be bytes/,
    ],
    ['bytes that are none', { assertion: { ...made, rawId: 'a b' } }, /rawId must be bytes in base64url/],
    ['no response', { assertion: { ...made, response: 'x' } }, /must be an object with clientDataJSON/],
  ])('refuses %s with a 422', async (_, body, sentence) => {
    const { app, calls } = at('required')
    const response = await app.request('/sessions/s1/passkey', post(body))
    expect(response.status).toBe(422)
    const answer = await response.text()
    expect(answer).toMatch(/VALIDATION_FAILED/)
    expect(answer).toMatch(sentence)
    expect(calls).toEqual([])
  })

  it('passes on why a session takes none', async () => {
    const refused = new GatewayError('STATE_FORBIDS', 'Too late.')
    const { app } = at('finishing', { submitPasskey: () => Promise.reject(refused) })
    expect((await app.request('/sessions/s1/passkey', post({ assertion: made }))).status).toBe(409)
  })
})

describe('what else the owner says', () => {
  it('confirms the code, with a body or without', async () => {
    for (const init of [{}, { body: '{}', headers: json }]) {
      const { app, calls } = at('confirm')
      const response = await app.request('/sessions/s1/passkey/confirm', { method: 'POST', ...init })
      expect(await response.json()).toMatchObject({ success: true, state: 'finishing', options: null })
      expect(calls).toEqual([{ name: 'confirmPasskey', args: ['s1'] }])
    }
  })

  it('cancels', async () => {
    const { app, calls } = at('required')
    const response = await app.request('/sessions/s1/passkey', { method: 'DELETE' })
    expect(await response.json()).toMatchObject({
      success: true,
      state: 'cancelled',
      code: null,
      page_url: null,
    })
    expect(calls).toEqual([{ name: 'cancelPasskey', args: ['s1'] }])
  })
})
