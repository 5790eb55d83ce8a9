import { describe, expect, it } from 'vitest'
import { createTestHttp, post, refused } from './fakes.ts'

const text = { session_id: 's1', wa_id: '5215512345678', type: 'text', body: 'hola' }

async function send(fields: Record<string, unknown>) {
  const { app, calls } = createTestHttp()
  const answer = await refused(await app.request('/send-message', post(fields)))
  expect(calls).toEqual([])
  expect(answer).toMatchObject({ status: 422, error: 'VALIDATION_FAILED' })
  return answer
}

describe('validation of POST /start', () => {
  it.each([
    [{}, 'user_id'],
    [{ user_id: null }, 'user_id'],
    [{ user_id: '' }, 'user_id'],
    [{ user_id: 'x'.repeat(65) }, 'user_id'],
    [{ user_id: 'a\nb' }, 'user_id'],
    [{ user_id: 'a\u0000' }, 'user_id'],
    [{ user_id: '\ud800' }, 'user_id'],
    [{ user_id: 1.5 }, 'user_id'],
    [{ user_id: 2 ** 53 }, 'user_id'],
    [{ user_id: true }, 'user_id'],
    [{ user_id: [1] }, 'user_id'],
    [{ user_id: { id: 1 } }, 'user_id'],
    [{ user_id: 1, session_id: '' }, 'session_id'],
    [{ user_id: 1, session_id: 'x'.repeat(65) }, 'session_id'],
    [{ user_id: 1, session_id: '../etc' }, 'session_id'],
    [{ user_id: 1, session_id: 'a b' }, 'session_id'],
    [{ user_id: 1, session_id: 'a\n' }, 'session_id'],
    [{ user_id: 1, session_id: 'é' }, 'session_id'],
    [{ user_id: 1, session_id: 5 }, 'session_id'],
    [{ user_id: 1, phone_number: 'abc' }, 'phone_number'],
    [{ user_id: 1, phone_number: '1234' }, 'phone_number'],
    [{ user_id: 1, phone_number: {} }, 'phone_number'],
  ])('%j answers 422 for the field %s', async (body, field) => {
    const { app, calls } = createTestHttp()
    const answer = await refused(await app.request('/start', post(body)))
    expect(answer).toMatchObject({ status: 422, error: 'VALIDATION_FAILED' })
    expect(Object.keys(answer.errors ?? {})).toEqual([field])
    expect(answer.message).toContain(field)
    expect(calls).toEqual([])
  })
})

describe('validation of POST /send-message', () => {
  it('names all missing fields at once', async () => {
    expect((await send({})).errors).toEqual({
      session_id: ['is required'],
      type: ['is required'],
      wa_id: ['is required'],
    })
    expect((await send({ type: 'text' })).errors).toEqual({
      session_id: ['is required'],
      wa_id: ['is required'],
      body: ['is required'],
    })
  })

  it.each(['TEXT', 'sms', ''])('the type %j is refused, and the supported ones are named', async type => {
    const { errors } = await send({ ...text, type, body: undefined })
    expect(errors?.type?.[0]).toMatch(
      new RegExp(`^"${type}" is not supported; supported: text, image, .*delete$`),
    )
    expect(Object.keys(errors ?? {})).toEqual(['type'])
  })

  it.each([
    '',
    '1234',
    '1'.repeat(21),
    'abc',
    '+',
    '++52155',
    '52 155 123',
    '521@s.whatsapp.net',
    '5215512345678:3@s.whatsapp.net',
    '5215512345678@c.us',
    'status@broadcast',
    '12345678@newsletter',
    '5215512345678@S.WHATSAPP.NET',
    '5215512345678@g.us\n@lid',
    'x5215512345678@lid',
    {},
    [],
    true,
    12.5,
    -5215512345678,
  ])('wa_id %j is refused under each of its names', async value => {
    for (const name of ['wa_id', 'waId', 'to', 'phone']) {
      const { errors } = await send({ ...text, wa_id: undefined, [name]: value })
      expect(Object.keys(errors ?? {})).toEqual([name])
    }
  })

  it('aliases of one field that contradict each other are refused', async () => {
    const { errors } = await send({ ...text, to: '5215587654321' })
    expect(errors).toEqual({ wa_id: ['must be the same under all its names: wa_id, waId, to, phone'] })
  })

  it.each([
    ['body', undefined],
    ['body', null],
    ['body', ''],
    ['body', 5],
    ['body', ['a']],
    ['body', 'x'.repeat(65_537)],
    ['body', 'broken \ud83d'],
    ['session_id', 'no such id!'],
    ['session_id', null],
    ['reply_to', 5],
    ['reply_to', ''],
    ['reply_to', 'x'.repeat(129)],
    ['reply_to', 'a b'],
  ])('%s: %j answers 422', async (field, value) => {
    const { errors } = await send({ ...text, [field]: value })
    expect(Object.keys(errors ?? {})).toEqual([field])
  })

  it('the message counts what else is wrong', async () => {
    expect((await send({ type: 'text' })).message).toMatch(/^session_id is required \(and 2 more: /)
  })
})
