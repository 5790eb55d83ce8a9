import { describe, expect, it } from 'vitest'
import {
  doneAnswer,
  healthAnswer,
  sendAnswer,
  sessionAnswer,
  sessionsAnswer,
  startAnswer,
  statsAnswer,
} from '../../src/http/schemas/answers.ts'
import { createTestHttp, exactly, NOW, post, view } from './fakes.ts'

describe('POST /start', () => {
  it.each([
    7,
    -1,
    0,
    Number.MAX_SAFE_INTEGER,
    '7',
    'uuid-0000',
    'ñ'.repeat(64),
  ])('takes user_id %j in its type', async user_id => {
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

  it.each([{}, { session_id: null, phone_number: null }])('lets the session id be made: %j', async extra => {
    const { app, calls } = createTestHttp()
    const response = await app.request('/start', post({ user_id: 1, ...extra }))
    expect(await response.json()).toMatchObject({ session_id: 'made-here' })
    expect(calls[0]?.args).toEqual([{ userId: 1 }])
  })

  it('ignores unknown fields and prototype keys', async () => {
    const { app, calls } = createTestHttp()
    const body =
      '{"user_id":1,"__proto__":{"session_id":"evil"},"constructor":{"prototype":{"a":1}},"other":[1]}'
    expect((await app.request('/start', post(body))).status).toBe(200)
    expect(calls[0]?.args).toEqual([{ userId: 1 }])
    expect(({} as Record<string, unknown>).a).toBeUndefined()
  })
})

describe('POST /send-message', () => {
  const text = { session_id: 's1', wa_id: '5215512345678', type: 'text', body: 'hola' }

  it('answers 200 with the id once WhatsApp acked', async () => {
    const { app, calls } = createTestHttp({ sendWaitMs: 4000 })
    const response = await app.request('/send-message', post({ ...text, reply_to: '3EB0FF' }))
    expect(response.status).toBe(200)
    expect(await exactly(response, sendAnswer)).toEqual({
      success: true,
      message_id: '3EB0AAAA',
      status: 'sent',
      response: { key: { id: '3EB0AAAA', remoteJid: '5215512345678@s.whatsapp.net', fromMe: true } },
    })
    const content = { type: 'text', to: '5215512345678@s.whatsapp.net', body: 'hola', reply_to: '3EB0FF' }
    expect(calls).toEqual([{ name: 'send', args: ['s1', content, NOW + 4000] }])
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
    const send = async () => ({ messageId: 'M1', status, remoteJid: '1@lid' })
    const { app } = createTestHttp({ sessions: { send } })
    const response = await app.request('/send-message', post(text))
    expect(response.status).toBe(code)
    expect((await exactly(response, sendAnswer)).status).toBe(told)
  })

  it('a message that failed is a 422', async () => {
    const send = async () => ({ messageId: 'M1', status: 'failed' as const, remoteJid: '1@lid' })
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
    ['5215512345678@s.whatsapp.net', '5215512345678@s.whatsapp.net'],
    ['123456789012345@lid', '123456789012345@lid'],
    ['120363012345678901@g.us', '120363012345678901@g.us'],
    ['5215512345678-1461234567@g.us', '5215512345678-1461234567@g.us'],
  ])('sends to %j', async (wa_id, to) => {
    for (const name of ['wa_id', 'waId', 'to', 'phone']) {
      const { app, calls } = createTestHttp()
      const response = await app.request('/send-message', post({ ...text, wa_id: null, [name]: wa_id }))
      expect(response.status).toBe(200)
      expect(calls[0]?.args[1]).toMatchObject({ to })
    }
  })

  it('takes the same recipient under several names and spellings', async () => {
    const { app, calls } = createTestHttp()
    const names = { waId: '+5215512345678', to: 5215512345678, phone: '5215512345678@s.whatsapp.net' }
    expect((await app.request('/send-message', post({ ...text, ...names }))).status).toBe(200)
    expect(calls[0]?.args[1]).toMatchObject({ to: '5215512345678@s.whatsapp.net' })
  })

  it('keeps a text as it is, up to its limit', async () => {
    for (const body of [' \n ', 'x'.repeat(65_536), '😀 \u0000 ‮', '{"a":1}']) {
      const { app, calls } = createTestHttp()
      expect((await app.request('/send-message', post({ ...text, body }))).status).toBe(200)
      expect(calls[0]?.args[1]).toMatchObject({ body })
    }
  })

  it('counts the deadline from the arrival, not from the end of the body', async () => {
    let clock = NOW
    const { app, calls } = createTestHttp({ now: () => clock, sendWaitMs: 100 })
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

describe('GET /sessions', () => {
  it('lists a page', async () => {
    const { app, calls } = createTestHttp()
    const response = await app.request('/sessions')
    expect(response.status).toBe(200)
    expect(await exactly(response, sessionsAnswer)).toEqual({
      success: true,
      count: 2,
      sessions: [view()],
      next: 's1',
    })
    expect(calls).toEqual([{ name: 'list', args: [{ limit: 100 }] }])
  })

  it('filters, and takes an empty parameter as none', async () => {
    const { app, calls } = createTestHttp()
    await app.request('/sessions?limit=1000&after=a&state=awaitingQr&user_id=7&q=an%20a')
    await app.request('/sessions?limit=100&after=&state=&user_id=&q=')
    expect(calls.map(({ args }) => args[0])).toEqual([
      { limit: 1000, after: 'a', state: 'awaitingQr', userId: '7', q: 'an a' },
      { limit: 100 },
    ])
  })

  it('says next: null on the last page', async () => {
    const list = () => ({ count: 0, sessions: [], next: null })
    const { app } = createTestHttp({ queries: { list } })
    expect(await (await app.request('/sessions')).json()).toEqual({
      success: true,
      count: 0,
      sessions: [],
      next: null,
    })
  })
})

it.each(['/sessions/s1', '/session/s1'])('GET %s shows the session', async path => {
  const response = await createTestHttp().app.request(path)
  expect(response.status).toBe(200)
  expect(await exactly(response, sessionAnswer)).toEqual({ success: true, session: view() })
})

describe('restart, logout, delete', () => {
  it('restarts', async () => {
    const { app, calls } = createTestHttp()
    const response = await app.request('/sessions/s1/restart', { method: 'POST' })
    expect(response.status).toBe(200)
    expect((await exactly(response, sessionAnswer)).session.state).toBe('starting')
    expect(calls).toEqual([{ name: 'restart', args: ['s1'] }])
  })

  it.each([
    [true, 200],
    [false, 202],
  ])('a logout that is done: %j answers %i', async (done, status) => {
    const deadlines: number[] = []
    const logout = async (_: string, deadline: number) => {
      deadlines.push(deadline)
      return { done, session: view({ detail: 'unlinking' }) }
    }
    const { app } = createTestHttp({ sessions: { logout } })
    const response = await app.request('/sessions/s1/logout', post({}))
    expect(response.status).toBe(status)
    expect((await exactly(response, sessionAnswer)).session.detail).toBe('unlinking')
    expect(deadlines).toEqual([NOW + 4000])
  })

  it.each([
    ['/sessions/s1', { method: 'DELETE' }],
    ['/session/s1', { method: 'DELETE' }],
    ['/session/s1', { method: 'DELETE', headers: { 'content-type': 'application/json' }, body: '{}' }],
    ['/delete-session', post({ session_id: 's1' })],
  ])('deletes by %s', async (path, init) => {
    for (const done of [true, false]) {
      const removed: unknown[] = []
      const remove = async (...args: unknown[]) => {
        removed.push(args)
        return { done }
      }
      const response = await createTestHttp({ sessions: { remove } }).app.request(path, init)
      expect(response.status).toBe(done ? 200 : 202)
      expect(await exactly(response, doneAnswer)).toEqual({ success: true })
      expect(removed).toEqual([['s1', NOW + 4000]])
    }
  })
})

describe('GET /stats', () => {
  const stats = {
    sessions: { totalSessions: 4, activeSessions: 3, inactiveSessions: 1, oldestSession: 5000 },
    qr: { pendingQR: 0, trackedSessions: 1 },
    timestamp: '2026-01-02T03:04:05.678Z',
  }

  it.each([
    '/stats',
    '/stats?by_state=',
    '/stats?by_state=0',
  ])('%s has exactly the original shape', async path => {
    const response = await createTestHttp().app.request(path)
    expect(await exactly(response, statsAnswer)).toEqual(stats)
  })

  it.each(['1', 'true'])('by_state=%s adds the states', async value => {
    const response = await createTestHttp().app.request(`/stats?by_state=${value}`)
    expect(await response.json()).toEqual({ ...stats, by_state: { open: 3, awaitingQr: 1 } })
  })
})

describe('health', () => {
  it.each(['/health', '/health/ready'])('%s tells whether the work can be done', async path => {
    const well = await createTestHttp().app.request(path)
    expect(well.status).toBe(200)
    expect(await exactly(well, healthAnswer)).toEqual({ success: true, ready: true, problems: [] })

    const problems = ['The disk is full.', 'LARAVEL_URL answers 404 to everything.']
    const ill = await createTestHttp({ ready: () => ({ ready: false, problems }) }).app.request(path)
    expect(ill.status).toBe(503)
    expect(await ill.json()).toEqual({
      success: false,
      error: 'NOT_READY',
      message: problems.join(' '),
      ready: false,
      problems,
    })
  })

  it('live answers even when nothing else works', async () => {
    const ready = () => {
      throw new Error('broken')
    }
    const response = await createTestHttp({ ready }).app.request('/health/live')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ success: true })
  })
})

it('refuses new requests once told to', async () => {
  const { app, http, calls, logs } = createTestHttp()
  http.refuse()
  const statuses = async (path: string, init?: RequestInit) => {
    const response = await app.request(path, init)
    const body = (await response.json()) as { error?: string }
    return [response.status, body.error, response.headers.get('retry-after')]
  }
  const refused = [503, 'SHUTTING_DOWN', '5']
  expect(await statuses('/start', post({ user_id: 1 }))).toEqual(refused)
  expect(await statuses('/sessions')).toEqual(refused)
  expect(await statuses('/health')).toEqual(refused)
  expect(await statuses('/nothing')).toEqual(refused)
  expect(await statuses('/health/ready')).toEqual([503, 'NOT_READY', null])
  expect(await statuses('/health/live')).toEqual([200, undefined, null])
  expect(calls).toEqual([])
  expect(logs.filter(line => !line.includes('"debug"'))).toEqual([])
})
