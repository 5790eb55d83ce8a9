import { describe, expect, it } from 'vitest'
import { eventsAnswer, messageAnswer, momentAnswer } from '../../../src/http/schemas/answers.ts'
import { createTestHttp, exactly, messageRow, NOW } from '../fakes.ts'

describe('the log of a session', () => {
  it('comes in pages, keys in snake_case and times as dates', async () => {
    const asked: unknown[] = []
    const events = async (...args: unknown[]) => {
      asked.push(args)
      const row = {
        streamId: 'st',
        snapshot: { state: 'open', context: '{"secret":1}', machineVersion: '1' },
      }
      return {
        streamId: 'st',
        lastSeq: 9,
        events: [
          { ...row, seq: 3, at: NOW, type: 'socket.qr', data: { hash: 'h', expiresAt: NOW + 1 } },
          {
            ...row,
            seq: 4,
            at: NOW,
            type: 'laravel.answered',
            data: {
              said: 'inactive',
              told: { estadoQr: 'active', at: NOW },
              list: [{ pushName: 'A' }, 2],
              until: null,
            },
          },
        ],
        next: 4,
      }
    }
    const { app } = createTestHttp({ queries: { events } })
    const response = await app.request('/sessions/s1/events?after=2&limit=2')
    expect(response.status).toBe(200)
    expect(await exactly(response, eventsAnswer)).toEqual({
      events: [
        {
          seq: 3,
          at: '2026-01-02T03:04:05.678Z',
          type: 'socket.qr',
          data: { hash: 'h', expires_at: '2026-01-02T03:04:05.679Z' },
        },
        {
          seq: 4,
          at: '2026-01-02T03:04:05.678Z',
          type: 'laravel.answered',
          data: {
            said: 'inactive',
            told: { estado_qr: 'active', at: '2026-01-02T03:04:05.678Z' },
            list: [{ push_name: 'A' }, 2],
            until: null,
          },
        },
      ],
      next: 4,
    })
    await app.request('/sessions/s1/events?after=&limit=')
    expect(asked).toEqual([
      ['s1', 2, 2],
      ['s1', 0, 100],
    ])
  })

  it('GET /at/{seq} shows the session as it was then', async () => {
    const at = async () => ({
      seq: 5,
      at: NOW,
      state: 'awaitingQr.shown.throttled',
      context: { expiresAt: NOW, attempts: 3, neverAt: 0, lastQr: { publishedAt: Number.NaN } },
      can: ['restart.requested'],
    })
    const response = await createTestHttp({ queries: { at } }).app.request('/sessions/s1/at/5')
    expect(response.status).toBe(200)
    expect(await exactly(response, momentAnswer)).toEqual({
      success: true,
      session_id: 's1',
      seq: 5,
      at: '2026-01-02T03:04:05.678Z',
      state: 'awaitingQr.shown.throttled',
      context: {
        expires_at: '2026-01-02T03:04:05.678Z',
        attempts: 3,
        never_at: 0,
        last_qr: { published_at: null },
      },
      can: ['restart.requested'],
    })
  })

  it("GET /messages/{id} shows a message's status with its history, not its words", async () => {
    const response = await createTestHttp().app.request('/sessions/s1/messages/3EB0AAAA')
    expect(response.status).toBe(200)
    const answer = await exactly(response, messageAnswer)
    expect(answer).toMatchObject({
      status: 'delivered',
      type: 'text',
      created_at: '2026-01-02T03:04:05.678Z',
    })
    expect(answer.history).toEqual([
      { status: 'queued', at: '2026-01-02T03:04:05.678Z', error: null },
      { status: 'delivered', at: '2026-01-02T03:04:06.678Z', error: null },
    ])
    expect(JSON.stringify(answer)).not.toContain('private words')
    expect(answer).toMatchObject({ client_ref: null, metadata: null })
  })

  it('says what its caller gave with it', async () => {
    const given = { client_ref: 'order-7', metadata: { order: 7 } }
    const content = { type: 'text' as const, to: '1@lid', body: 'x', reply_to: null, ...given }
    const { app } = createTestHttp({ queries: { message: async () => messageRow({ content }) } })
    const answer = await exactly(await app.request('/sessions/s1/messages/3EB0AAAA'), messageAnswer)
    expect(answer).toMatchObject(given)
  })
})
