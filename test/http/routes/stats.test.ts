import { describe, expect, it } from 'vitest'
import { statsAnswer } from '../../../src/http/schemas/answers.ts'
import { createTestHttp, exactly } from '../fakes.ts'

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
  ])("%s answers exactly the original system's shape", async path => {
    const response = await createTestHttp().app.request(path)
    expect(await exactly(response, statsAnswer)).toEqual(stats)
  })

  it.each([
    '1',
    'true',
  ])('by_state=%s adds the sessions by state, and what waits for Laravel', async value => {
    const response = await createTestHttp().app.request(`/stats?by_state=${value}`)
    expect(await response.json()).toEqual({
      ...stats,
      by_state: { open: 3, awaitingQr: 1 },
      deliveries: { waiting: 3, dead: 2, oldest_waiting_ms: 61_000 },
    })
  })
})
