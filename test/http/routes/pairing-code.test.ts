import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../../src/base/errors.ts'
import { pairingCodeAnswer } from '../../../src/http/schemas/answers.ts'
import { createTestHttp, exactly, NOW, post, refused } from '../fakes.ts'

const PATH = '/sessions/s1/pairing-code'
const EXPIRES = new Date(NOW + 160_000).toISOString()
const empty = {
  put: () => {},
  read: () => null,
  putCode: () => {},
  readCode: () => null,
  clear: () => {},
}

describe('GET /sessions/{id}/pairing-code', () => {
  it('shows the current code, and the answer must not be cached', async () => {
    const { app, logs } = createTestHttp()
    const response = await app.request(PATH)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await exactly(response, pairingCodeAnswer)).toEqual({
      success: true,
      code: 'ABCD2345',
      expires_at: EXPIRES,
    })
    expect(logs.join('')).not.toContain('ABCD2345')
  })

  it('answers 404 without a code, and for an unknown session', async () => {
    const { app } = createTestHttp({ vault: empty })
    expect(await refused(await app.request(PATH))).toMatchObject({
      status: 404,
      error: 'PAIRING_CODE_NOT_AVAILABLE',
    })
    expect(await refused(await createTestHttp().app.request('/sessions/s2/pairing-code'))).toMatchObject({
      status: 404,
      error: 'SESSION_NOT_FOUND',
    })
  })

  it('gives the expiry in the time of day, also after the clock was set', async () => {
    const { app } = createTestHttp({ timeOfDay: at => at + 86_400_000 })
    const { expires_at } = await exactly(await app.request(PATH), pairingCodeAnswer)
    expect(expires_at).toBe(new Date(NOW + 86_400_000 + 160_000).toISOString())
  })
})

describe('POST /sessions/{id}/pairing-code', () => {
  it.each([
    '34600000001',
    '+34600000001',
    34600000001,
  ])('asks WhatsApp for a code for %s', async phone_number => {
    const { app, calls } = createTestHttp()
    const answer = await exactly(await app.request(PATH, post({ phone_number })), pairingCodeAnswer)
    expect(answer.code).toBe('ABCD2345')
    expect(calls).toEqual([{ name: 'requestPairingCode', args: ['s1', '34600000001', NOW + 4000] }])
  })

  it.each([
    {},
    { phone_number: null },
    { phone_number: 'me' },
    { phone_number: '1234' },
    { phone_number: 12.5 },
  ])('refuses the body %j', async body => {
    const { app, calls } = createTestHttp()
    expect(await refused(await app.request(PATH, post(body)))).toMatchObject({
      status: 422,
      errors: { phone_number: expect.any(Array) },
    })
    expect(calls).toEqual([])
  })

  it.each([
    ['PAIRING_CODE_NOT_AVAILABLE', 404],
    ['STATE_FORBIDS', 409],
  ] as const)('%s is a %d', async (code, status) => {
    const requestPairingCode = () => Promise.reject(new GatewayError(code, 'Because.'))
    const { app } = createTestHttp({ sessions: { requestPairingCode } })
    const answer = await refused(await app.request(PATH, post({ phone_number: '34600000001' })))
    expect(answer).toMatchObject({ status, error: code })
  })
})

it('POST /start with a phone_number asks for a code, too', async () => {
  const { app, calls } = createTestHttp()
  await app.request('/start', post({ user_id: 7, session_id: 's1', phone_number: '+34600000001' }))
  expect(calls).toEqual([
    { name: 'start', args: [{ userId: 7, sessionId: 's1', phoneNumber: '34600000001' }] },
  ])
})
