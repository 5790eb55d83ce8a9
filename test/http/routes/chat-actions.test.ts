import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../../src/base/errors.ts'
import { doneAnswer, numberAnswer } from '../../../src/http/schemas/answers.ts'
import { createTestHttp, exactly, post, refused } from '../fakes.ts'

describe('GET /sessions/{id}/numbers/{phone}', () => {
  it.each([
    '34600000002',
    '+34600000002',
    '%2B34600000002',
    '+34%20600%20000%20002',
    '(%2B34)600-000-002',
  ])('answers whether %s is on WhatsApp', async phone => {
    const { app, calls } = createTestHttp()
    const answer = await exactly(await app.request(`/sessions/s1/numbers/${phone}`), numberAnswer)
    expect(answer).toEqual({
      success: true,
      phone: '34600000002',
      exists: true,
      jid: '34600000002@s.whatsapp.net',
      lid: null,
    })
    expect(calls).toEqual([{ name: 'lookup', args: ['s1', '34600000002'] }])
  })

  it.each([
    'abc',
    '1234',
    '1'.repeat(21),
    '34600000002@s.whatsapp.net',
    '%20',
    '++34600000002',
    '0034600000002',
    '600%20000%20002',
  ])('refuses the number %s', async phone => {
    const { app, calls } = createTestHttp()
    const answer = await refused(await app.request(`/sessions/s1/numbers/${phone}`))
    expect(answer).toMatchObject({ status: 422, errors: { phone: [expect.any(String)] } })
    expect(calls).toEqual([])
  })

  it('answers 404 for an unknown session and 409 for one that is not open', async () => {
    const { app } = createTestHttp()
    expect(await refused(await app.request('/sessions/s2/numbers/34600000002'))).toMatchObject({
      status: 404,
      error: 'SESSION_NOT_FOUND',
    })
    const closed = createTestHttp({
      sessions: {
        lookup: () => Promise.reject(new GatewayError('SESSION_NOT_CONNECTED', 'Not open.')),
      },
    })
    expect(await refused(await closed.app.request('/sessions/s1/numbers/34600000002'))).toMatchObject({
      status: 409,
      error: 'SESSION_NOT_CONNECTED',
    })
  })
})

describe('POST /sessions/{id}/read', () => {
  it('has the messages with these ids marked as read', async () => {
    const { app, calls } = createTestHttp()
    const ids = Array.from({ length: 1000 }, (_, i) => `ID${i}`)
    await exactly(await app.request('/sessions/s1/read', post({ message_ids: ids })), doneAnswer)
    expect(calls).toEqual([{ name: 'markRead', args: ['s1', ids] }])
  })

  it.each([
    {},
    { message_ids: [] },
    { message_ids: 'A' },
    { message_ids: [1] },
    { message_ids: [''] },
    { message_ids: null },
    { message_ids: ['x'.repeat(129)] },
    { message_ids: Array.from({ length: 1001 }, (_, i) => `ID${i}`) },
  ])('refuses the body %j', async body => {
    const { app, calls } = createTestHttp()
    expect(await refused(await app.request('/sessions/s1/read', post(body)))).toMatchObject({
      status: 422,
      errors: { message_ids: expect.any(Array) },
    })
    expect(calls).toEqual([])
  })
})

describe('POST /sessions/{id}/presence', () => {
  const ask = (body: unknown) => {
    const fakes = createTestHttp()
    return { ...fakes, response: fakes.app.request('/sessions/s1/presence', post(body)) }
  }

  it.each([
    [{ presence: 'available' }, ['s1', 'available', undefined]],
    [{ presence: 'unavailable', chat_id: null }, ['s1', 'unavailable', undefined]],
    [{ presence: 'composing', chat_id: '1@lid' }, null],
    [
      { presence: 'composing', chat_id: '34600000002@s.whatsapp.net' },
      ['s1', 'composing', '34600000002@s.whatsapp.net'],
    ],
    [{ presence: 'recording', chat_id: '+34600000002' }, ['s1', 'recording', '34600000002@s.whatsapp.net']],
    [{ presence: 'paused', chat_id: '120363000000000001@g.us' }, ['s1', 'paused', '120363000000000001@g.us']],
    [{ presence: 'composing' }, null],
    [{ presence: 'paused', chat_id: null }, null],
    [{ presence: 'typing', chat_id: '34600000002' }, null],
    [{}, null],
  ])('%j is accepted or refused as the contract says', async (body, args) => {
    const { response, calls } = ask(body)
    if (args === null) {
      expect(await refused(await response)).toMatchObject({ status: 422, error: 'VALIDATION_FAILED' })
      expect(calls).toEqual([])
    } else {
      await exactly(await response, doneAnswer)
      expect(calls).toEqual([{ name: 'showPresence', args }])
    }
  })
})
