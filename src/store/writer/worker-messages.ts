import type { ErrorCode } from '../../base/errors.ts'
import type { DeliveryOutcome, NewDelivery } from '../../ports/delivery-table.ts'
import type { DownloadOutcome } from '../../ports/download-table.ts'
import type { NewEvent } from '../../ports/event-log.ts'
import type { MessageWrite } from '../../ports/message-table.ts'
import type { Write } from '../../ports/store.ts'

/** What the main thread and the writer's thread tell each other: flat, with JSON already as text. */

export type MessageInsert = Omit<Extract<MessageWrite, { insert: unknown }>['insert'], 'content'> & {
  content: string
}
export type MessageUpdate = Extract<MessageWrite, { update: unknown }>['update']

export interface WireWrite extends Omit<Write, 'lazy' | 'create' | 'events' | 'messages' | 'deliveries'> {
  create?: { sessionId: string; userId: string; at: number }
  events?: (Omit<NewEvent, 'data'> & { data: string })[]
  messages?: (
    | { insert: MessageInsert }
    | { update: MessageUpdate }
    | { prepared: { messageId: string; content: string } }
    | { encoded: { messageId: string; proto: Uint8Array } }
  )[]
  deliveries?: (Omit<NewDelivery, 'payload'> & { payload: string | null })[]
}

export type Request =
  | { write: WireWrite }
  | { claim: string }
  | { eraseBodies: { before: number; limit: number } }
  | { settle: { id: number; outcome: DeliveryOutcome } }
  | { downloaded: { streamId: string; seq: number; outcome: DownloadOutcome } }

/** Requests of one tick; `seen` is the number of answers that the sender knew when it made them. */
export interface Post {
  seen: number
  now: number
  requests: Request[]
}

export interface Failure {
  code: ErrorCode
  message: string
  retryable: boolean
}

/** Ends the thread once all posts before it are committed. */
export type Command = Post | 'close'

/** The oldest `count` requests are done; those not listed as failed worked. */
export interface Done {
  count: number
  failed: [index: number, failure: Failure][]
  /** What claims resolve with, and the numbers of messages whose words were erased. */
  epochs: [index: number, epoch: number][]
}

export type Answer = { ready: true } | { broken: Failure } | Done

/** Throws if something in the write is not JSON. */
export function encodeWrite(write: Write): WireWrite {
  const { lazy: _, create, events, keys, messages, deliveries, ...rest } = write
  const wire: WireWrite = rest
  if (create) wire.create = { ...create, userId: JSON.stringify(create.userId) }
  if (events) wire.events = events.map(event => ({ ...event, data: JSON.stringify(event.data) }))
  // A copy: cloning a view of a pooled Buffer would take the whole pool along.
  if (keys) wire.keys = keys.map(key => ({ ...key, value: key.value && Uint8Array.from(key.value) }))
  if (rest.inbox)
    wire.inbox = rest.inbox.map(row =>
      'put' in row ? { put: { ...row.put, plaintext: Uint8Array.from(row.put.plaintext) } } : row,
    )
  if (messages) wire.messages = messages.map(encodeMessage)
  if (deliveries)
    wire.deliveries = deliveries.map(delivery => ({
      ...delivery,
      payload: delivery.payload && JSON.stringify(delivery.payload),
    }))
  return wire
}

function encodeMessage(message: MessageWrite): NonNullable<WireWrite['messages']>[number] {
  if ('insert' in message)
    return { insert: { ...message.insert, content: JSON.stringify(message.insert.content) } }
  if ('prepared' in message)
    return { prepared: { ...message.prepared, content: JSON.stringify(message.prepared.content) } }
  if ('encoded' in message)
    return { encoded: { ...message.encoded, proto: Uint8Array.from(message.encoded.proto) } }
  return { update: { ...message.update } }
}
