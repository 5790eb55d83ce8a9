import type { MediaSource } from '../../src/messages/message-ref.ts'
import type { ReceivedContent } from '../../src/messages/received.ts'
import type { SendContent } from '../../src/messages/send.ts'
import type { NewEvent } from '../../src/ports/event-log.ts'
import type { SessionRow } from '../../src/ports/session-table.ts'
import type { Store, Write } from '../../src/ports/store.ts'

/** A lifecycle row; `state` is dotted. */
export function lifecycle(seq: number, state = 'starting.connecting', context: object = {}): NewEvent {
  return {
    seq,
    at: 1_000 + seq,
    type: 'session.resumed',
    data: {},
    snapshot: { state, context: JSON.stringify(context), machineVersion: '1' },
  }
}

/** A message's row. */
export function messageFact(seq: number, type = 'message.received'): NewEvent {
  return { seq, at: 1_000 + seq, type, data: { messageId: `M${seq}`, chatId: 'chat' }, snapshot: null }
}

export const created = (sessionId: string, extra: Partial<Write> = {}): Write => ({
  streamId: `stream-of-${sessionId}`,
  epoch: 1,
  create: { sessionId, userId: 42, at: 1_000 },
  events: [{ ...lifecycle(1), type: 'session.created', data: { sessionId, userId: 42 } }],
  ...extra,
})

/** A living session's row; fails if there is none. */
export async function living(store: Store, sessionId: string): Promise<SessionRow> {
  const row = await store.sessions.find(sessionId)
  if (!row) throw new Error(`no session ${sessionId}`)
  return row
}

/** Creates the session and resolves with its stream id. */
export async function given(store: Store, sessionId: string): Promise<string> {
  await store.commit(created(sessionId))
  return `stream-of-${sessionId}`
}

export const inbound = (messageId: string, body: string): ReceivedContent => ({
  message_id: messageId,
  from: '5511999990000',
  from_lid: null,
  from_me: false,
  chat_id: 'chat',
  participant: null,
  is_group: false,
  subject: null,
  push_name: 'Maria',
  type: 'text',
  body,
  caption: null,
  media: null,
  reply_to: null,
  timestamp: '2026-01-01T00:00:00Z',
  offline: false,
})

export const outgoing = (body: string): SendContent => ({ type: 'text', to: 'chat', body, reply_to: null })

/** Where a picture lies at WhatsApp. */
export const imageSource = (id: string): MediaSource => ({
  id,
  kind: 'image',
  directPath: '/x',
  host: null,
  mediaKey: '',
  encryptedId: '',
  size: 1,
})
