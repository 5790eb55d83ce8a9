import { describe, expect, it } from 'vitest'
import {
  deliveriesAnswer,
  deliveryAnswer,
  doneAnswer,
  replayAnswer,
  retryAnswer,
} from '../../../src/http/schemas/answers.ts'
import { createTestHttp, exactly, NOW, post, refused } from '../fakes.ts'

describe('GET /deliveries/dead', () => {
  it('lists dead letters without the words of their messages', async () => {
    const { app, calls } = createTestHttp()
    const response = await app.request('/deliveries/dead?limit=2&before=20')
    expect(response.status).toBe(200)
    const answer = await exactly(response, deliveriesAnswer)
    expect(answer).toEqual({
      success: true,
      count: 5,
      deliveries: [
        {
          id: 12,
          state: 'dead',
          webhook_id: 'stream.9.messages',
          kind: 'messages',
          session_id: 's1',
          chat_id: 'chat',
          message_id: '3EB0AAAA',
          seq: 9,
          attempts: 5,
          error: 'HTTP 422',
          cause: 'refused',
          created_at: new Date(NOW).toISOString(),
          next_try_at: null,
          dead_at: new Date(NOW + 1000).toISOString(),
        },
        expect.objectContaining({ id: 11 }),
      ],
      next: 11,
    })
    expect(JSON.stringify(answer)).not.toContain('private words')
    expect(calls).toEqual([{ name: 'deliveries', args: [{ state: 'dead', limit: 2, before: 20 }] }])
  })

  it('says next: null on the last page', async () => {
    const { app } = createTestHttp()
    expect(await (await app.request('/deliveries/dead')).json()).toMatchObject({ next: null })
  })

  it.each([
    'limit=0',
    'limit=1001',
    'before=x',
    'before=-1',
    'session_id=a/b',
  ])('refuses the query ?%s', async query => {
    const { app, calls } = createTestHttp()
    expect(await refused(await app.request(`/deliveries/dead?${query}`))).toMatchObject({ status: 422 })
    expect(calls).toEqual([])
  })
})

describe('GET /deliveries', () => {
  it.each([
    ['', { state: 'waiting', limit: 100 }],
    ['?state=dead', { state: 'dead', limit: 100 }],
    ['?session_id=s1&limit=2&before=20', { state: 'waiting', sessionId: 's1', limit: 2, before: 20 }],
  ])('lists what is asked for: "%s"', async (query, asked) => {
    const { app, calls } = createTestHttp()
    const answer = await exactly(await app.request(`/deliveries${query}`), deliveriesAnswer)
    expect(calls).toEqual([{ name: 'deliveries', args: [asked] }])
    expect(answer.deliveries[1]).toMatchObject({
      state: 'waiting',
      next_try_at: new Date(NOW + 5000).toISOString(),
      dead_at: null,
    })
    expect(JSON.stringify(answer)).not.toContain('private words')
  })

  it.each(['state=gone', 'limit=0', 'session_id=a%20b'])('refuses the query ?%s', async query => {
    const { app, calls } = createTestHttp()
    expect(await refused(await app.request(`/deliveries?${query}`))).toMatchObject({ status: 422 })
    expect(calls).toEqual([])
  })
})

describe('GET /deliveries/{id}', () => {
  it('shows what Laravel is given', async () => {
    const { app } = createTestHttp()
    const answer = await exactly(await app.request('/deliveries/12'), deliveryAnswer)
    expect(answer.delivery).toMatchObject({ id: 12, payload: { body: 'private words' } })
  })

  it.each(['13', 'x', '-1'])('answers DELIVERY_NOT_FOUND for the id %s', async id => {
    const { app } = createTestHttp()
    expect(await refused(await app.request(`/deliveries/${id}`))).toMatchObject({ status: 404 })
  })
})

describe('POST /deliveries/retry', () => {
  it.each([
    [{}, undefined],
    [{ session_id: 's1' }, 's1'],
  ])('tries now what waits: %j', async (body, sessionId) => {
    const { app, calls } = createTestHttp()
    const response = await app.request('/deliveries/retry', post(body))
    expect(response.status).toBe(202)
    expect(await exactly(response, retryAnswer)).toEqual({ success: true, lanes: 3 })
    expect(calls.filter(({ name }) => name !== 'get')).toEqual([{ name: 'retry', args: [sessionId] }])
  })

  it.each([
    ['a/b', 422],
    ['nobody', 404],
  ])('refuses the session %s', async (session_id, status) => {
    const { app, calls } = createTestHttp()
    const response = await app.request('/deliveries/retry', post({ session_id }))
    expect(await refused(response)).toMatchObject({ status })
    expect(calls.filter(({ name }) => name !== 'get')).toEqual([])
  })
})

describe('POST /deliveries/{id}/redrive', () => {
  it('makes the dead letter pending again', async () => {
    const { app, calls } = createTestHttp()
    const response = await app.request('/deliveries/12/redrive', { method: 'POST' })
    expect(response.status).toBe(202)
    expect(await exactly(response, doneAnswer)).toEqual({ success: true })
    expect(calls).toEqual([{ name: 'redrive', args: [12] }])
  })

  it.each(['13', 'x', '-1', '1e3', '9'.repeat(40)])('answers DELIVERY_NOT_FOUND for the id %s', async id => {
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
  ])('replays the range %j', async (body, after, until) => {
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
  ])('refuses the body %j', async (body, field) => {
    const { app, calls } = createTestHttp()
    const answer = await refused(await app.request('/sessions/s1/replay', post(body)))
    expect(answer).toMatchObject({ status: 422, errors: { [field]: [expect.any(String)] } })
    expect(calls).toEqual([])
  })

  it('answers 404 for an unknown session', async () => {
    const { app } = createTestHttp()
    expect(await refused(await app.request('/sessions/s2/replay', post({ after: 0 })))).toMatchObject({
      status: 404,
      error: 'SESSION_NOT_FOUND',
    })
  })
})
