import { describe, expect, it } from 'vitest'
import { createClock } from '../../../src/base/clock.ts'
import { GatewayError } from '../../../src/base/errors.ts'
import { sendAnswer } from '../../../src/http/schemas/answers.ts'
import { createTestHttp, exactly, NOW, post, refused } from '../fakes.ts'

describe('POST /send-message', () => {
  const text = { session_id: 's1', wa_id: '5215512345678', type: 'text', body: 'hola' }

  it('answers 200 with the message id once WhatsApp acked', async () => {
    const { app, calls } = createTestHttp({ sendWaitMs: 4000 })
    const response = await app.request('/send-message', post({ ...text, reply_to: '3EB0FF' }))
    expect(response.status).toBe(200)
    expect(await exactly(response, sendAnswer)).toEqual({
      success: true,
      message_id: '3EB0AAAA',
      client_ref: null,
      status: 'sent',
      response: { key: { id: '3EB0AAAA', remoteJid: '5215512345678@s.whatsapp.net', fromMe: true } },
    })
    const content = { type: 'text', to: '5215512345678@s.whatsapp.net', body: 'hola', reply_to: '3EB0FF' }
    expect(calls).toEqual([{ name: 'send', args: ['s1', content, NOW + 4000] }])
  })

  it("passes the caller's own name for it and metadata on, and gives the name back", async () => {
    const { app, calls } = createTestHttp()
    const metadata = { order: 7 }
    const response = await app.request('/send-message', post({ ...text, client_ref: 'año 7', metadata }))
    expect(await exactly(response, sendAnswer)).toMatchObject({ client_ref: 'año 7' })
    expect(calls[0]?.args[1]).toMatchObject({ type: 'text', client_ref: 'año 7', metadata })
    await app.request('/send-message', post({ ...text, client_ref: 42 }))
    expect(calls[1]?.args[1]).toMatchObject({ client_ref: '42' })
  })

  it.each([
    [{ client_ref: '' }, 'client_ref'],
    [{ client_ref: 'x'.repeat(256) }, 'client_ref'],
    [{ client_ref: 'a\nb' }, 'client_ref'],
    [{ client_ref: 1.5 }, 'client_ref'],
    [{ client_ref: ['a'] }, 'client_ref'],
    [{ metadata: 'text' }, 'metadata'],
    [{ metadata: [1] }, 'metadata'],
    [{ metadata: { t: 'x'.repeat(1020) } }, 'metadata'],
  ])('refuses %j, and nothing is sent', async (fields, name) => {
    const { app, calls } = createTestHttp()
    const answer = await refused(await app.request('/send-message', post({ ...text, ...fields })))
    expect(answer).toMatchObject({ status: 422, errors: { [name]: [expect.stringMatching(/^must be /)] } })
    expect(calls).toEqual([])
  })

  it.each([
    ['sent', 200, 'sent'],
    ['delivered', 200, 'sent'],
    ['read', 200, 'sent'],
    ['played', 200, 'sent'],
    ['queued', 202, 'queued'],
    ['transmitted', 202, 'queued'],
    ['unknown', 202, 'unknown'],
  ] as const)('a message that is %s reads as %i %s', async (status, code, told) => {
    const send = async () => ({ messageId: 'M1', status, address: '1@lid' })
    const { app } = createTestHttp({ sessions: { send } })
    const response = await app.request('/send-message', post(text))
    expect(response.status).toBe(code)
    expect((await exactly(response, sendAnswer)).status).toBe(told)
  })

  it('answers 422 for a message that failed', async () => {
    const send = async () => ({ messageId: 'M1', status: 'failed' as const, address: '1@lid' })
    const { app } = createTestHttp({ sessions: { send } })
    const response = await app.request('/send-message', post(text))
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({ success: false, error: 'WHATSAPP_REJECTED' })
  })

  it.each([
    ['5215512345678', '5215512345678@s.whatsapp.net'],
    ['+5215512345678', '5215512345678@s.whatsapp.net'],
    [5215512345678, '5215512345678@s.whatsapp.net'],
    [' 5215512345678 ', '5215512345678@s.whatsapp.net'],
    ['+52 1 55 1234 5678', '5215512345678@s.whatsapp.net'],
    ['(+57) 300-123-4567', '573001234567@s.whatsapp.net'],
    ['5215512345678@s.whatsapp.net', '5215512345678@s.whatsapp.net'],
    ['123456789012345@lid', '123456789012345@lid'],
    ['120363012345678901@g.us', '120363012345678901@g.us'],
    ['5215512345678-1461234567@g.us', '5215512345678-1461234567@g.us'],
  ])('takes %j as recipient under each of its names', async (wa_id, to) => {
    for (const name of ['wa_id', 'waId', 'to', 'phone']) {
      const { app, calls } = createTestHttp()
      const response = await app.request('/send-message', post({ ...text, wa_id: null, [name]: wa_id }))
      expect(response.status).toBe(200)
      expect(calls[0]?.args[1]).toMatchObject({ to })
    }
  })

  it.each([
    ['0034600000002', /in place of 00/],
    ['600 000 002', /must begin with \+ and the country code/],
    ['nobody', /5 to 20 digits, or end in @s.whatsapp.net, @lid or @g.us/],
  ])('refuses %j as recipient and says what would be right', async (wa_id, why) => {
    const { app, calls } = createTestHttp()
    const answer = await refused(await app.request('/send-message', post({ ...text, wa_id })))
    expect(answer).toMatchObject({ status: 422, errors: { wa_id: [expect.stringMatching(why)] } })
    expect(calls).toEqual([])
  })

  it('takes the same recipient under several names and spellings', async () => {
    const { app, calls } = createTestHttp()
    const names = { waId: '+5215512345678', to: 5215512345678, phone: '5215512345678@s.whatsapp.net' }
    expect((await app.request('/send-message', post({ ...text, ...names }))).status).toBe(200)
    expect(calls[0]?.args[1]).toMatchObject({ to: '5215512345678@s.whatsapp.net' })
  })

  it('passes a text on unchanged, up to the longest allowed', async () => {
    for (const body of [' \n ', 'x'.repeat(65_536), '😀 \u0000 ‮', '{"a":1}']) {
      const { app, calls } = createTestHttp()
      expect((await app.request('/send-message', post({ ...text, body }))).status).toBe(200)
      expect(calls[0]?.args[1]).toMatchObject({ body })
    }
  })

  it("counts the deadline from the request's arrival, not from the end of its body", async () => {
    let clock = NOW
    const { app, calls } = createTestHttp({ clock: { ...createClock(), now: () => clock }, sendWaitMs: 100 })
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          clock += 60
          controller.enqueue(new TextEncoder().encode(JSON.stringify(text)))
          controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      duplex: 'half',
    } as const
    expect((await app.request('/send-message', init)).status).toBe(200)
    expect(clock).toBe(NOW + 60)
    expect(calls[0]?.args[2]).toBe(NOW + 100)
  })
})

describe('the idempotency key of POST /send-message', () => {
  const text = { session_id: 's1', wa_id: '5215512345678', type: 'text', body: 'hola' }
  const keyOf = ({ calls }: ReturnType<typeof createTestHttp>) => calls.at(-1)?.args[3]

  it.each([
    ['the header', {}, { 'Idempotency-Key': 'order-7' }],
    ['the body', { idempotency_key: 'order-7' }, {}],
    ['both', { idempotency_key: 'order-7' }, { 'Idempotency-Key': 'order-7' }],
    ['the header, the body says null', { idempotency_key: null }, { 'Idempotency-Key': 'order-7' }],
  ])('is taken from %s', async (_where, fields, headers: Record<string, string>) => {
    const http = createTestHttp()
    expect((await http.app.request('/send-message', post({ ...text, ...fields }, headers))).status).toBe(200)
    expect(keyOf(http)).toBe('order-7')
  })

  it.each([
    ['PHP, which sends UTF-8', Buffer.from('año-7').toString('latin1')],
    ['a client that sends Latin-1', 'año-7'],
  ])('may have other letters than English ones: %s', async (_who, key) => {
    const http = createTestHttp()
    const request = post({ ...text, idempotency_key: 'año-7' }, { 'Idempotency-Key': key })
    expect((await http.app.request('/send-message', request)).status).toBe(200)
    expect(keyOf(http)).toBe('año-7')
  })

  it('that is refused is told why', async () => {
    const { app } = createTestHttp()
    const answer = await refused(
      await app.request('/send-message', post(text, { 'Idempotency-Key': 'with space' })),
    )
    expect(answer.errors).toEqual({
      idempotency_key: ['must be 1 to 255 letters, digits or signs, without spaces'],
    })
  })

  it('is optional', async () => {
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
    [{ idempotency_key: 'a\u00a0b' }, {}],
    [{ idempotency_key: 'line\nend' }, {}],
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
    const outcome = { messageId: 'M', status, address: 'j', replayed: true } as const
    const { app } = createTestHttp({ sessions: { send: async () => outcome } })
    const response = await app.request('/send-message', post(text, { 'Idempotency-Key': 'k' }))
    expect(response.status).toBe(code)
    expect(await exactly(response, sendAnswer)).toMatchObject({ status, replayed: true, message_id: 'M' })
  })

  it('answers 409 with Retry-After while the first request still waits', async () => {
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

describe('a file that comes along', () => {
  const file = { session_id: 's1', wa_id: '5215512345678', type: 'document', media_base64: 'aGVsbG8=' }

  it('is kept for what is sent', async () => {
    const { app, calls } = createTestHttp()
    expect((await app.request('/send-message', post(file))).status).toBe(200)
    expect(calls.map(({ name }) => name)).toEqual(['keep', 'send'])
  })

  it('is not kept when nothing is sent', async () => {
    const { app, calls } = createTestHttp()
    const unknown = await refused(await app.request('/send-message', post({ ...file, session_id: 'nobody' })))
    expect(unknown).toMatchObject({ status: 404, error: 'SESSION_NOT_FOUND' })
    expect(calls.filter(({ name }) => name === 'keep')).toEqual([])
  })
})
