import type { NewAccountEvent } from '../ports/account-event-table.ts'
import type { NewDelivery } from '../ports/delivery-table.ts'
import type { NewEvent } from '../ports/event-log.ts'
import type { MessageWrite } from '../ports/message-table.ts'
import type { Write } from '../ports/store.ts'

/** A write as it goes to the writer's thread and into the tables: flat, with JSON already as text. */
export interface EncodedWrite
  extends Omit<
    Write,
    'lazy' | 'create' | 'metadata' | 'events' | 'messages' | 'deliveries' | 'accountEvents'
  > {
  create?: { sessionId: string; userId: string; at: number; owner?: string }
  metadata?: string
  events?: (Omit<NewEvent, 'data'> & { data: string })[]
  messages?: (
    | { insert: MessageInsert }
    | { update: MessageUpdate }
    | { prepared: { messageId: string; content: string } }
    | { refused: { messageId: string; error: string } }
    | { encoded: { messageId: string; proto: Uint8Array } }
    | { reread: { seq: number; content: string } }
  )[]
  /** An id that is null is chosen by the table. */
  deliveries?: (Omit<NewDelivery, 'payload'> & { id: number | null; payload: string | null })[]
  accountEvents?: (Omit<NewAccountEvent, 'event'> & { event: string })[]
}

export type MessageInsert = Omit<Extract<MessageWrite, { insert: unknown }>['insert'], 'content'> & {
  content: string
}
export type MessageUpdate = Extract<MessageWrite, { update: unknown }>['update']

/** Throws if something in the write is not JSON. `nextId` numbers its deliveries. */
export function encodeWrite(write: Write, nextId: () => number | null = () => null): EncodedWrite {
  const { lazy: _, create, metadata, events, keys, messages, deliveries, accountEvents, ...rest } = write
  const encoded: EncodedWrite = rest
  if (create) encoded.create = { ...create, userId: JSON.stringify(create.userId) }
  if (metadata) encoded.metadata = JSON.stringify(metadata)
  if (events) encoded.events = events.map(event => ({ ...event, data: JSON.stringify(event.data) }))
  // A copy: cloning a view of a pooled Buffer would take the whole pool along.
  if (keys) encoded.keys = keys.map(key => ({ ...key, value: key.value && Uint8Array.from(key.value) }))
  if (rest.inbox)
    encoded.inbox = rest.inbox.map(row =>
      'put' in row ? { put: { ...row.put, plaintext: Uint8Array.from(row.put.plaintext) } } : row,
    )
  if (messages) encoded.messages = messages.map(encodeMessage)
  if (deliveries)
    encoded.deliveries = deliveries.map(delivery => ({
      ...delivery,
      id: nextId(),
      payload: delivery.payload && JSON.stringify(delivery.payload),
    }))
  if (accountEvents)
    encoded.accountEvents = accountEvents.map(one => ({ ...one, event: JSON.stringify(one.event) }))
  return encoded
}

function encodeMessage(message: MessageWrite): NonNullable<EncodedWrite['messages']>[number] {
  if ('insert' in message) return { insert: encodeInsert(message.insert) }
  if ('prepared' in message)
    return { prepared: { ...message.prepared, content: JSON.stringify(message.prepared.content) } }
  if ('encoded' in message)
    return { encoded: { ...message.encoded, proto: Uint8Array.from(message.encoded.proto) } }
  if ('refused' in message) return { refused: { ...message.refused } }
  if ('reread' in message)
    return { reread: { ...message.reread, content: JSON.stringify(message.reread.content) } }
  return { update: { ...message.update } }
}

function encodeInsert({
  content,
  secret,
  proto,
  ...rest
}: Extract<MessageWrite, { insert: unknown }>['insert']) {
  return {
    ...rest,
    content: JSON.stringify(content),
    ...(secret && { secret: Uint8Array.from(secret) }),
    ...(proto && { proto: Uint8Array.from(proto) }),
  }
}
