import { describe, expect, it } from 'vitest'
import { doneAnswer, sessionAnswer, sessionsAnswer } from '../../../src/http/schemas/answers.ts'
import { createTestHttp, exactly, NOW, post, view } from '../fakes.ts'

/** `view()` as the API shows it. */
const SHOWN = {
  session_id: 's1',
  user_id: 7,
  state: 'open',
  detail: 'settled',
  estado_qr: 'active',
  wa_id: '5215512345678',
  lid: null,
  push_name: 'Ana',
  created_at: '2026-01-01T00:00:00.000Z',
  last_activity: '2026-01-01T00:00:01.000Z',
  attempts: 0,
  retry_at: null,
  reason: null,
  reason_text: null,
  qr: null,
  metadata: null,
}

describe('GET /sessions', () => {
  it('lists the first page', async () => {
    const { app, calls } = createTestHttp()
    const response = await app.request('/sessions')
    expect(response.status).toBe(200)
    expect(await exactly(response, sessionsAnswer)).toEqual({
      success: true,
      count: 2,
      sessions: [SHOWN],
      next: 's1',
    })
    expect(calls).toEqual([{ name: 'list', args: [{ limit: 100 }] }])
  })

  it('filters, and ignores an empty parameter', async () => {
    const { app, calls } = createTestHttp()
    await app.request('/sessions?limit=1000&after=a&state=awaitingQr&user_id=7&q=an%20a')
    await app.request('/sessions?limit=100&after=&state=&user_id=&q=')
    expect(calls.map(({ args }) => args[0])).toEqual([
      { limit: 1000, after: 'a', state: 'awaitingQr', userId: '7', q: 'an a' },
      { limit: 100 },
    ])
  })

  it('says next: null on the last page', async () => {
    const list = async () => ({ count: 0, sessions: [], next: null })
    const { app } = createTestHttp({ queries: { list } })
    expect(await (await app.request('/sessions')).json()).toEqual({
      success: true,
      count: 0,
      sessions: [],
      next: null,
    })
  })
})

describe('GET /sessions/{id}', () => {
  it.each(['/sessions/s1', '/session/s1'])('GET %s shows the session', async path => {
    const response = await createTestHttp().app.request(path)
    expect(response.status).toBe(200)
    expect(await response.text()).toBe(JSON.stringify({ success: true, session: SHOWN }))
  })

  it('spells times as ISO dates and names in snake_case', async () => {
    const get = async () =>
      view({
        state: 'awaitingQr',
        detail: 'shown.throttled',
        estadoQr: 'pending',
        retryAt: NOW,
        reason: 'timed_out',
        reasonText: 'WhatsApp did not answer.',
        qr: { publishedAt: NOW, expiresAt: NOW + 60_000 },
      })
    const response = await createTestHttp({ queries: { get } }).app.request('/sessions/s1')
    const { session } = await exactly(response, sessionAnswer)
    expect(session).toEqual({
      ...SHOWN,
      state: 'awaitingQr',
      detail: 'shown.throttled',
      estado_qr: 'pending',
      retry_at: '2026-01-02T03:04:05.678Z',
      reason: 'timed_out',
      reason_text: 'WhatsApp did not answer.',
      qr: { published_at: '2026-01-02T03:04:05.678Z', expires_at: '2026-01-02T03:05:05.678Z' },
    })
  })

  it('shows a QR that was not published yet', async () => {
    const get = async () => view({ state: 'awaitingQr', qr: { publishedAt: null, expiresAt: NOW } })
    const response = await createTestHttp({ queries: { get } }).app.request('/sessions/s1')
    const { session } = await exactly(response, sessionAnswer)
    expect(session.qr).toEqual({ published_at: null, expires_at: '2026-01-02T03:04:05.678Z' })
  })
})

describe('restart, logout and delete', () => {
  it('POST /restart answers with the session', async () => {
    const { app, calls } = createTestHttp()
    const response = await app.request('/sessions/s1/restart', { method: 'POST' })
    expect(response.status).toBe(200)
    expect((await exactly(response, sessionAnswer)).session.state).toBe('starting')
    expect(calls).toEqual([{ name: 'restart', args: ['s1'] }])
  })

  it.each([
    [true, 200],
    [false, 202],
  ])('POST /logout whose logout is done: %j answers %i', async (done, status) => {
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
  ])('deletes the session by %s', async (path, init) => {
    for (const done of [true, false]) {
      const deleted: unknown[] = []
      const deleteSession = async (...args: unknown[]) => {
        deleted.push(args)
        return { done }
      }
      const response = await createTestHttp({ sessions: { delete: deleteSession } }).app.request(path, init)
      expect(response.status).toBe(done ? 200 : 202)
      expect(await exactly(response, doneAnswer)).toEqual({ success: true })
      expect(deleted).toEqual([['s1', NOW + 4000]])
    }
  })
})
