import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../src/base/errors.ts'
import { createTestHttp, NOW, post } from './fakes.ts'

const text = { session_id: 's1', wa_id: '5215512345678', type: 'text', body: 'hola' }

/** The edge under LARAVEL_CONTRACT=legacy; `tokens` are those that it was given. */
function legacyHttp(error?: GatewayError) {
  const tokens = new Map<string, string>()
  const legacy = { remember: (sessionId: string, token: string) => void tokens.set(sessionId, token) }
  const send = async () => {
    throw error
  }
  // The OpenAPI document has the refusals of /send-message as today's contract has them.
  return { ...createTestHttp({ madeUp: true, legacy, ...(error && { sessions: { send } }) }), tokens }
}

describe('sending under LARAVEL_CONTRACT=legacy', () => {
  it('answers with the key of the message', async () => {
    const { app } = legacyHttp()
    const response = await app.request('/send-message', post({ ...text, wa_id: undefined, waId: text.wa_id }))
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      success: true,
      response: { key: { id: '3EB0AAAA', remoteJid: '5215512345678@s.whatsapp.net', fromMe: true } },
    })
  })

  it('takes POST /send {session_id, to, message}', async () => {
    const { app, calls } = legacyHttp()
    const response = await app.request(
      '/send',
      post({ session_id: 's1', to: '5215512345678', message: 'hola' }),
    )
    expect(response.status).toBe(200)
    const content = { type: 'text', to: '5215512345678@s.whatsapp.net', body: 'hola', reply_to: null }
    expect(calls).toEqual([{ name: 'send', args: ['s1', content, NOW + 4000] }])
  })

  it('says in the words of before that a session is not there', async () => {
    const { app } = legacyHttp()
    const response = await app.request('/send-message', post({ ...text, session_id: 'other' }))
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({ success: false, error: 'Sesión no encontrada' })
  })

  it.each([
    ['SESSION_NOT_CONNECTED', 400],
    ['WHATSAPP_REJECTED', 400],
    ['MEDIA_TOO_LARGE', 400],
    ['NEW_CHATS_PAUSED', 429],
    ['STORE_FAILED', 503],
  ] as const)('answers %s with %i', async (code, status) => {
    const { app } = legacyHttp(new GatewayError(code, 'No.', { retryAfterSeconds: 7 }))
    const response = await app.request('/send-message', post(text))
    expect(response.status).toBe(status)
    expect(response.headers.get('retry-after')).toBe('7')
    expect(await response.json()).toMatchObject({ success: false, error: code })
  })

  it('answers 400 to what is not valid, with what is wrong', async () => {
    const { app } = legacyHttp()
    const response = await app.request('/send', post({ session_id: 's1' }))
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      ...{ error: 'VALIDATION_FAILED', errors: { to: ['is required'], message: ['is required'] } },
    })
  })

  it('keeps the webhook token of /start, and shows it to nobody', async () => {
    const { app, tokens, calls, logs } = legacyHttp()
    const response = await app.request(
      '/start',
      post({ user_id: 7, session_id: 's1', webhook_token: 'tok-1' }),
    )
    expect(response.status).toBe(200)
    expect(tokens).toEqual(new Map([['s1', 'tok-1']]))
    expect(JSON.stringify([calls, logs, await response.json()])).not.toContain('tok-1')
  })
})

describe('without it', () => {
  it('there is no POST /send, and webhook_token is a field that nobody knows', async () => {
    const { app } = createTestHttp()
    expect((await app.request('/send', post({}))).status).toBe(404)
    expect((await app.request('/start', post({ user_id: 7, webhook_token: 5 }))).status).toBe(200)
  })

  it('other routes answer errors as ever', async () => {
    const { app } = legacyHttp()
    expect((await app.request('/sessions/other')).status).toBe(404)
    expect((await app.request('/start', post({}))).status).toBe(422)
  })
})
