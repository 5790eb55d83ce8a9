import { describe, expect, it } from 'vitest'
import { startAnswer } from '../../../src/http/schemas/answers.ts'
import { createTestHttp, exactly, post, refused } from '../fakes.ts'

describe('POST /start', () => {
  it.each([
    7,
    -1,
    0,
    Number.MAX_SAFE_INTEGER,
    '7',
    'uuid-0000',
    'ñ'.repeat(64),
  ])('passes user_id %j on in its type', async user_id => {
    const { app, calls } = createTestHttp()
    const response = await app.request(
      '/start',
      post({ user_id, session_id: 'a_B-9', phone_number: '+5215512345678' }),
    )
    expect(response.status).toBe(200)
    expect(await exactly(response, startAnswer)).toEqual({
      success: true,
      session_id: 'a_B-9',
      state: 'starting',
    })
    const args = [{ userId: user_id, sessionId: 'a_B-9', phoneNumber: '5215512345678' }]
    expect(calls).toEqual([{ name: 'start', args }])
  })

  it('passes metadata on, and takes the empty list of PHP for an empty object', async () => {
    const { app, calls } = createTestHttp()
    const metadata = { tenant: 7, plan: { name: 'año' } }
    for (const given of [metadata, [], null])
      expect((await app.request('/start', post({ user_id: 1, metadata: given }))).status).toBe(200)
    expect(calls.map(({ args }) => args[0])).toEqual([
      { userId: 1, metadata },
      { userId: 1, metadata: {} },
      { userId: 1 },
    ])
  })

  it.each([
    'text',
    7,
    true,
    [1],
    { text: 'x'.repeat(1024) },
    { text: '\ud83d' },
    { '\udc00': 1 },
  ])('refuses the metadata %j', async metadata => {
    const { app, calls } = createTestHttp()
    const answer = await refused(await app.request('/start', post({ user_id: 1, metadata })))
    expect(answer).toMatchObject({ status: 422, errors: { metadata: [expect.stringMatching(/^must be /)] } })
    expect(calls).toEqual([])
  })

  it('takes metadata up to 1024 bytes of JSON, however many characters that are', async () => {
    const { app } = createTestHttp()
    const status = async (text: string) =>
      (await app.request('/start', post({ user_id: 1, metadata: { t: text } }))).status
    // {"t":""} is 8 bytes, and ñ has two.
    expect(await status('ñ'.repeat(508))).toBe(200)
    expect(await status(`${'ñ'.repeat(508)}.`)).toBe(422)
  })

  it.each([
    {},
    { session_id: null, phone_number: null },
  ])('makes a session id when none is given: %j', async extra => {
    const { app, calls } = createTestHttp()
    const response = await app.request('/start', post({ user_id: 1, ...extra }))
    expect(await response.json()).toMatchObject({ session_id: 'made-here' })
    expect(calls[0]?.args).toEqual([{ userId: 1 }])
  })

  it('ignores unknown fields and keys of the prototype', async () => {
    const { app, calls } = createTestHttp()
    const body =
      '{"user_id":1,"__proto__":{"session_id":"evil"},"constructor":{"prototype":{"a":1}},"other":[1]}'
    expect((await app.request('/start', post(body))).status).toBe(200)
    expect(calls[0]?.args).toEqual([{ userId: 1 }])
    expect(({} as Record<string, unknown>).a).toBeUndefined()
  })
})
