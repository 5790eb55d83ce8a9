import { describe, expect, it } from 'vitest'
import { startAnswer } from '../../../src/http/schemas/answers.ts'
import { createTestHttp, exactly, post } from '../fakes.ts'

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
