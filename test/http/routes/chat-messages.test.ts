import { describe, expect, it } from 'vitest'
import { chatAnswer } from '../../../src/http/schemas/answers.ts'
import type { ReceivedContent } from '../../../src/messages/received.ts'
import { createTestHttp, exactly, refused } from '../fakes.ts'

const owner = { userId: 7, metadata: null }
const message: ReceivedContent = {
  message_id: 'A',
  from: '34600000002',
  from_lid: null,
  from_me: false,
  chat_id: '34600000002@s.whatsapp.net',
  participant: null,
  is_group: false,
  subject: null,
  push_name: 'Ana',
  type: 'image',
  body: null,
  caption: 'look',
  media: { id: 'a'.repeat(64), mimetype: 'image/jpeg', filename: null, size: 3, seconds: null },
  reply_to: null,
  forwarded: true,
  timestamp: '2026-01-02T03:04:05.000Z',
  offline: false,
}

describe('the messages of a chat', () => {
  it('are as Laravel gets them, every key there, with seq and status', async () => {
    const messages = [{ seq: 7, status: 'received' as const, message, own: null }]
    const { app } = createTestHttp({
      queries: { chat: async (_, chatId) => ({ chatId, owner, messages, next: 7 }) },
    })
    const response = await app.request('/sessions/s1/chats/34600000002/messages?limit=1')
    const answer = await exactly(response, chatAnswer)
    expect(answer).toMatchObject({
      chat_id: '34600000002@s.whatsapp.net',
      next: 7,
      messages: [
        {
          session_id: 's1',
          user_id: 7,
          client_ref: null,
          seq: 7,
          status: 'received',
          forwarded: true,
          quoted: null,
          mentions: [],
          media: { url: `http://media.test/${'a'.repeat(64)}`, error: null },
        },
      ],
    })
  })

  it('have the metadata of the session when they arrived, else what came with them', async () => {
    const metadata = { tenant: 7 }
    const own = { client_ref: 'order-7', metadata: { order: 7 } }
    const rows = [null, own, {}].map((one, i) => ({
      ...{ seq: i, status: 'sent' as const, message, own: one },
    }))
    const { app } = createTestHttp({
      queries: {
        chat: async (_, chatId) => ({ chatId, owner: { userId: 7, metadata }, messages: rows, next: null }),
      },
    })
    const response = await app.request('/sessions/s1/chats/34600000002/messages')
    const { messages } = await exactly(response, chatAnswer)
    expect(messages.map(one => one.metadata)).toEqual([metadata, { order: 7 }, null])
    expect(messages.map(one => one.client_ref)).toEqual([null, 'order-7', null])
  })

  it('say when a file is not there', async () => {
    const messages = [{ seq: 7, status: 'received' as const, message, own: null }]
    const { app } = createTestHttp({
      queries: { chat: async (_, chatId) => ({ chatId, owner, messages, next: null }) },
      mediaServer: { has: async () => false },
    })
    const response = await app.request('/sessions/s1/chats/34600000002/messages')
    expect((await exactly(response, chatAnswer)).messages[0]!.media!.error).toMatch(/not here/)
  })

  it.each([
    ['34600000002', '34600000002@s.whatsapp.net'],
    ['+34600000002', '34600000002@s.whatsapp.net'],
    ['+34 600 000 002', '34600000002@s.whatsapp.net'],
    ['34600000002@s.whatsapp.net', '34600000002@s.whatsapp.net'],
    ['90071992547@lid', '90071992547@lid'],
    ['120363000000000000@g.us', '120363000000000000@g.us'],
    ['34600000002-1600000000@g.us', '34600000002-1600000000@g.us'],
    ['120363000000000001@newsletter', '120363000000000001@newsletter'],
    ['status@broadcast', 'status@broadcast'],
  ])('are asked for by %s', async (given, chatId) => {
    const { app, calls } = createTestHttp()
    const path = `/sessions/s1/chats/${encodeURIComponent(given)}/messages?before=9&limit=5`
    expect((await app.request(path)).status).toBe(200)
    expect(calls).toEqual([{ name: 'chat', args: ['s1', chatId, 9, 5] }])
  })

  it.each(['ana', '12', '@lid', 'a b@lid', '1@', '600 000 002'])('are not asked for by %s', async given => {
    const { app, calls } = createTestHttp()
    const path = `/sessions/s1/chats/${encodeURIComponent(given)}/messages`
    const answer = await refused(await app.request(path))
    expect([answer.status, Object.keys(answer.errors ?? {})]).toEqual([422, ['chat_id']])
    expect(calls).toEqual([])
  })

  it.each(['limit=0', 'limit=1001', 'before=x', 'before=-1'])('are not given for ?%s', async query => {
    const { app } = createTestHttp()
    expect((await app.request(`/sessions/s1/chats/34600000002/messages?${query}`)).status).toBe(422)
  })

  it('of an unknown session are 404', async () => {
    const { app } = createTestHttp()
    expect((await refused(await app.request('/sessions/nobody/chats/34600000002/messages'))).status).toBe(404)
  })
})
