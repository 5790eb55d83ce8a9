import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../../src/base/errors.ts'
import { deadAnswer, doneAnswer, replayAnswer, sendAnswer } from '../../../src/http/schemas/answers.ts'
import { createTestHttp, exactly, NOW, post, refused } from '../fakes.ts'

describe('GET /deliveries/dead', () => {
  it('lists dead letters without what they say', async () => {
    const { app, calls } = createTestHttp()
    const response = await app.request('/deliveries/dead?limit=2&before=20')
    expect(response.status).toBe(200)
    const answer = await exactly(response, deadAnswer)
    expect(answer).toEqual({
      success: true,
      count: 5,
      deliveries: [
        {
          id: 12,
          webhook_id: 'stream.9.messages',
          kind: 'messages',
          session_id: 's1',
          message_id: '3EB0AAAA',
          seq: 9,
          attempts: 5,
          error: 'HTTP 422',
          created_at: new Date(NOW).toISOString(),
          dead_at: new Date(NOW + 1000).toISOString(),
        },
        expect.objectContaining({ id: 11 }),
      ],
      next: 11,
    })
    expect(JSON.stringify(answer)).not.toContain('private words')
    expect(calls).toEqual([{ name: 'dead', args: [2, 20] }])
  })

  it('names no next page after the last', async () => {
    const { app } = createTestHttp()
    expect(await (await app.request('/deliveries/dead')).json()).toMatchObject({ next: null })
  })

  it.each(['limit=0', 'limit=1001', 'before=x', 'before=-1'])('refuses ?%s', async query => {
    const { app, calls } = createTestHttp()
    expect(await refused(await app.request(`/deliveries/dead?${query}`))).toMatchObject({ status: 422 })
    expect(calls).toEqual([])
  })
})

describe('POST /deliveries/{id}/redrive', () => {
  it('puts it in line again', async () => {
    const { app, calls } = createTestHttp()
    const response = await app.request('/deliveries/12/redrive', { method: 'POST' })
    expect(response.status).toBe(202)
    expect(await exactly(response, doneAnswer)).toEqual({ success: true })
    expect(calls).toEqual([{ name: 'redrive', args: [12] }])
  })

  it.each(['13', 'x', '-1', '1e3', '9'.repeat(40)])('knows no delivery %s', async id => {
    const { app } = createTestHttp()
    const response = await app.request(`/deliveries/${id}/redrive`, { method: 'POST' })
    expect(await refused(response)).toMatchObject({ status: 404, error: 'DELIVERY_NOT_FOUND' })
  })
})

describe('POST /sessions/{id}/replay', () => {
  it.each([
    [{ after: 0 }, 0, Number.MAX_SAFE_INTEGER],
    [{ after: 5, until: null }, 5, Number.MAX_SAFE_INTEGER],
    [{ after: 5, until: 9 }, 5, 9],
  ])('%j', async (body, after, until) => {
    const { app, calls } = createTestHttp()
    const response = await app.request('/sessions/s1/replay', post(body))
    expect(response.status).toBe(202)
    expect(await exactly(response, replayAnswer)).toEqual({ success: true, replayed: 3 })
    expect(calls).toEqual([{ name: 'replay', args: ['s1', after, until] }])
  })

  it.each([
    [{}, 'after'],
    [{ after: '5' }, 'after'],
    [{ after: -1 }, 'after'],
    [{ after: 1.5 }, 'after'],
    [{ after: 5, until: 5 }, 'until'],
    [{ after: 5, until: 'x' }, 'until'],
  ])('refuses %j', async (body, field) => {
    const { app, calls } = createTestHttp()
    const answer = await refused(await app.request('/sessions/s1/replay', post(body)))
    expect(answer).toMatchObject({ status: 422, errors: { [field]: [expect.any(String)] } })
    expect(calls).toEqual([])
  })

  it('knows no other session', async () => {
    const { app } = createTestHttp()
    expect(await refused(await app.request('/sessions/s2/replay', post({ after: 0 })))).toMatchObject({
      status: 404,
      error: 'SESSION_NOT_FOUND',
    })
  })
})

describe('Idempotency-Key', () => {
  const text = { session_id: 's1', wa_id: '5215512345678', type: 'text', body: 'hola' }
  const keyOf = ({ calls }: ReturnType<typeof createTestHttp>) => calls.at(-1)?.args[3]

  it.each([
    ['the header', {}, { 'Idempotency-Key': 'order-7' }],
    ['the body', { idempotency_key: 'order-7' }, {}],
    ['both', { idempotency_key: 'order-7' }, { 'Idempotency-Key': 'order-7' }],
    ['the header, the body says null', { idempotency_key: null }, { 'Idempotency-Key': 'order-7' }],
  ])('comes in %s', async (_where, fields, headers: Record<string, string>) => {
    const http = createTestHttp()
    expect((await http.app.request('/send-message', post({ ...text, ...fields }, headers))).status).toBe(200)
    expect(keyOf(http)).toBe('order-7')
  })

  it('is not needed', async () => {
    const http = createTestHttp()
    await http.app.request('/send-message', post(text))
    expect(http.calls.at(-1)?.args).toHaveLength(3)
  })

  it.each([
    [{ idempotency_key: 'a' }, { 'Idempotency-Key': 'b' }],
    [{ idempotency_key: 7 }, { 'Idempotency-Key': '7' }],
    [{}, { 'Idempotency-Key': 'with space' }],
    [{}, { 'Idempotency-Key': 'x'.repeat(256) }],
    [{}, { 'Idempotency-Key': '' }],
    [{ idempotency_key: '' }, {}],
    [{ idempotency_key: 'ñ' }, {}],
    [{ idempotency_key: ['a'] }, {}],
  ])('%j with %j is refused, and nothing is sent', async (fields, headers: Record<string, string>) => {
    const { app, calls } = createTestHttp()
    const answer = await refused(await app.request('/send-message', post({ ...text, ...fields }, headers)))
    expect(answer).toMatchObject({ status: 422, errors: { idempotency_key: [expect.any(String)] } })
    expect(calls).toEqual([])
  })

  it.each([
    ['read', 200],
    ['delivered', 200],
    ['sent', 200],
    ['queued', 202],
    ['unknown', 202],
  ] as const)('answers a repetition with the status of now: %s', async (status, code) => {
    const outcome = { messageId: 'M', status, remoteJid: 'j', replayed: true } as const
    const { app } = createTestHttp({ sessions: { send: async () => outcome } })
    const response = await app.request('/send-message', post(text, { 'Idempotency-Key': 'k' }))
    expect(response.status).toBe(code)
    expect(await exactly(response, sendAnswer)).toMatchObject({ status, replayed: true, message_id: 'M' })
  })

  it('tells when the first one still waits, and when to ask again', async () => {
    const { app } = createTestHttp({
      sessions: {
        send: async () => {
          throw new GatewayError('IDEMPOTENCY_IN_FLIGHT', 'Wait.', { retryAfterSeconds: 1 })
        },
      },
    })
    const response = await app.request('/send-message', post(text, { 'Idempotency-Key': 'k' }))
    expect(response.headers.get('retry-after')).toBe('1')
    expect(await refused(response)).toMatchObject({ status: 409, error: 'IDEMPOTENCY_IN_FLIGHT' })
  })
})
