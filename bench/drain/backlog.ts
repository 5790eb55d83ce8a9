import type { NewDelivery } from '../../src/ports/delivery-table.ts'
import { laneOf } from '../../src/ports/delivery-table.ts'
import type { MessageWrite } from '../../src/ports/message-table.ts'
import type { Store } from '../../src/ports/store.ts'

const STREAM = 'stream-of-shop'
const SESSION = 'shop'
const AT_ONCE = 200

/** Messages that were received and wait for Laravel, in the chats in turn. */
export class Backlog {
  readonly #store: Store
  readonly #chats: string[]
  #seq = 1

  constructor(store: Store, chats: string[]) {
    this.#store = store
    this.#chats = chats
  }

  async open(): Promise<void> {
    await this.#store.commit({
      streamId: STREAM,
      epoch: 1,
      create: { sessionId: SESSION, userId: 1, at: Date.now() },
      events: [
        {
          seq: 1,
          at: Date.now(),
          type: 'session.created',
          data: { sessionId: SESSION, userId: 1 },
          snapshot: { state: 'open.settled', context: '{}', machineVersion: '1' },
        },
      ],
    })
  }

  get received(): number {
    return this.#seq - 1
  }

  /** Receives so many messages; resolves with their lanes once they are durable. */
  async receive(count: number): Promise<string[]> {
    const lanes: string[] = []
    const commits: Promise<void>[] = []
    for (let left = count; left > 0; left -= AT_ONCE) {
      const part = Array.from({ length: Math.min(left, AT_ONCE) }, () => this.#next())
      lanes.push(...part.map(({ delivery }) => delivery.lane))
      commits.push(
        this.#store.commit({
          streamId: STREAM,
          epoch: 1,
          events: part.map(({ delivery: { seq, at } }) => ({
            seq,
            at,
            type: 'message.received',
            data: {},
            snapshot: null,
          })),
          messages: part.map(({ message }) => message),
          deliveries: part.map(({ delivery }) => delivery),
        }),
      )
    }
    await Promise.all(commits)
    return lanes
  }

  #next(): { message: MessageWrite; delivery: NewDelivery } {
    const seq = ++this.#seq
    const at = Date.now()
    const chat = this.#chats[seq % this.#chats.length]!
    const messageId = `M${seq}`
    const content = { ...MESSAGE, message_id: messageId, chat_id: chat, body: `message ${seq}` }
    const insert = {
      messageId,
      chatId: chat,
      direction: 'in',
      dedupeKey: messageId,
      content,
      status: 'received',
      seq,
      at,
    } as const
    return {
      message: { insert },
      delivery: {
        webhookId: `${STREAM}.${seq}.messages`,
        kind: 'messages',
        lane: laneOf.messages(STREAM, chat),
        sessionId: SESSION,
        seq,
        at,
        payload: null,
      },
    }
  }
}

const MESSAGE = {
  from: '5511999990000',
  from_lid: null,
  from_me: false,
  participant: null,
  is_group: false,
  subject: null,
  push_name: 'Maria',
  type: 'text' as const,
  caption: null,
  media: null,
  reply_to: null,
  timestamp: '2026-01-01T00:00:00Z',
  offline: false,
}
