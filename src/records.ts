import type { EstadoQr } from '../machines/facts.ts'
import type { InboundMessage, MessageStatus, SendContent } from './contract.ts'

/** What the store keeps and takes: rows and writes. Times are milliseconds since the epoch. */

/** A row to append: `snapshot` is present on lifecycle facts only. */
export interface NewEvent {
  seq: number
  at: number
  type: string
  /** The fact's own fields. */
  data: Record<string, unknown>
  /** The machine after the fact; `state` is dotted (`awaitingQr.shown.throttled`), `context` JSON text. */
  snapshot: { state: string; context: string; machineVersion: string } | null
}

export interface StoredEvent extends NewEvent {
  streamId: string
}

/** One Signal key or credential; a null value deletes it. `id` is unique within `type`. */
export interface KeyWrite {
  type: string
  id: string
  value: Uint8Array | null
}

/** A decrypted stanza, kept under the ratchet until the message is in the log. */
export interface InboxRow {
  /** Hex SHA-256 of the ciphertext. */
  hash: string
  plaintext: Uint8Array
  /** The stanza's attributes and children as JSON text, enough to rebuild the message. */
  stanza: string
  at: number
}

export type InboxWrite = { put: InboxRow } | { done: string }

export type MessageWrite =
  | {
      insert: {
        messageId: string
        chatId: string
        direction: 'in' | 'out'
        /** Unique in a stream: (chat LID-first, participant, fromMe, id) of what arrived, the same after `history|` of what was imported, `out|id` of what is sent. */
        dedupeKey: string
        content: InboundMessage | SendContent
        status: MessageStatus
        seq: number
        at: number
      }
    }
  /** What is to be sent is known better now: its file is in the media store. */
  | { prepared: { messageId: string; content: SendContent } }
  /** What goes out, encoded: every later transmission is the very same message. */
  | { encoded: { messageId: string; proto: Uint8Array } }
  /** `at` is added to the message's history; `attempt` counts a transmission. */
  | { update: { messageId: string; status: MessageStatus; at: number; error?: string; attempt?: boolean } }

export interface MessageRow {
  messageId: string
  chatId: string
  direction: 'in' | 'out'
  content: InboundMessage | SendContent
  status: MessageStatus
  /** Transmissions so far. */
  attempts: number
  seq: number
  at: number
  error: string | null
  history: { status: MessageStatus; at: number; error?: string }[]
}

/** Where a received file lies at WhatsApp, and the key to it. */
export interface MediaSource {
  /** Hex SHA-256 of the file: its id in the media store. */
  id: string
  kind: 'image' | 'video' | 'audio' | 'document' | 'sticker'
  directPath: string
  /** Another media host than WhatsApp's own, of a simulator. */
  host: string | null
  /** Base64. */
  mediaKey: string
  /** Hex SHA-256 of the encrypted file. */
  encryptedId: string
  /** Bytes that the sender announced. */
  size: number
}

/** A message as WhatsApp knows it. */
export interface MessageRef {
  messageId: string
  chatId: string
  /** The author's jid in groups. */
  participant: string | null
  fromMe: boolean
}

/** How WhatsApp knows a received message. */
export function refOf({ message_id, chat_id, participant, from_me }: InboundMessage): MessageRef {
  return { messageId: message_id, chatId: chat_id, participant, fromMe: from_me }
}

/** A file to be downloaded for a received message. */
export interface Download {
  streamId: string
  sessionId: string
  /** The message's. */
  seq: number
  message: MessageRef
  /** The message's, which tells its lane. */
  dedupeKey: string
  source: MediaSource
  attempts: number
  nextAt: number
  at: number
}

export type DownloadOutcome =
  /** It is in the media store. */
  { done: true } | { retryAt: number; error: string; source?: MediaSource } | { failed: true; error: string }

/** How the file of a delivery stands. */
export interface DownloadState {
  state: 'pending' | 'done' | 'failed'
  error: string | null
}

export type DeliveryKind = 'messages' | 'status' | 'receipt'

export interface NewDelivery {
  /** `{stream_id}.{seq}.{kind}`: the same for every retry and replay. */
  webhookId: string
  kind: DeliveryKind
  /** Deliveries of one lane go out strictly in order. */
  lane: string
  sessionId: string
  seq: number
  at: number
  /** What Laravel gets; null for `messages`: then it is `session_id` and the content of the message with this seq, joined when read. */
  payload: Record<string, unknown> | null
}

/** A pending or dead delivery with all that is needed to send it. */
export interface DeliveryRow extends Omit<NewDelivery, 'payload'> {
  id: number
  streamId: string
  payload: Record<string, unknown>
  /** Failures that were the message's own fault. */
  tries: number
  /** All failures so far: the index into the retry schedule. */
  attempts: number
  /** Not before this time. */
  nextAt: number
  lastError: string | null
  deadAt: number | null
  /** Of a message with a file. */
  download: DownloadState | null
}

export type DeliveryOutcome =
  /** Laravel answered 2xx; `told` for statuses: what it has now accepted from us. */
  | { done: true; told?: { streamId: string; estadoQr: EstadoQr; at: number } }
  | { retryAt: number; error: string; countsTry: boolean; countsAttempt: boolean }
  | { dead: true; at: number; error: string }
  /** A dead letter lives again, with a whole lifetime before it from `at`. */
  | { redriven: true; at: number }

/** The promise that one send belongs to one key of the caller's. */
export interface IdempotencyRow {
  key: string
  /** Hex SHA-256 of what was to be sent. */
  hash: string
  messageId: string
  at: number
}

/** A send that no socket has brought to an end in time. */
export interface OverdueSend {
  sessionId: string
  messageId: string
}

/** Everything that one commit changes in one stream, all or nothing. */
export interface Write {
  streamId: string
  /** Must equal the stream's epoch, or the commit is refused with EPOCH_CONFLICT. */
  epoch: number
  /** Nobody waits for it: it may wait a few ms to share a commit with the next write of any stream. */
  lazy?: boolean
  /** Present on a stream's first write only; its events start at seq 1. Refused with SEQ_CONFLICT if the session id is alive. */
  create?: { sessionId: string; userId: string | number; at: number }
  /** Consecutive; the first `seq` must be the stream's last + 1, or the commit is refused with SEQ_CONFLICT. */
  events?: NewEvent[]
  /** The last message in or accepted send. */
  lastActivity?: number
  /** The estado_qr last put into a delivery, or deliberately not told. */
  announced?: EstadoQr
  keys?: KeyWrite[]
  inbox?: InboxWrite[]
  messages?: MessageWrite[]
  /** Files of received messages, by the seq of their message. */
  downloads?: { seq: number; source: MediaSource; at: number }[]
  /** Kept for 72 h; one key stands for one send. */
  idempotency?: IdempotencyRow
  /** A `status` delivery replaces pending and dead ones of its lane. A dead delivery that is written again lives again. */
  deliveries?: NewDelivery[]
  /** `keys`: credentials, Signal keys and inbox. `stream`: those, messages, deliveries of messages and facts' data; the events of this write stay as the tombstone and the session id is free again. */
  erase?: 'keys' | 'stream'
}

/** A session as the store knows it: identity, projection and the newest lifecycle row. */
export interface SessionRow {
  streamId: string
  sessionId: string
  userId: string | number
  epoch: number
  lastSeq: number
  createdAt: number
  lastActivity: number
  announced: EstadoQr | null
  /** The last estado_qr that Laravel accepted from us. */
  told: { estadoQr: EstadoQr; at: number } | null
  state: string
  context: string
  machineVersion: string
}

export interface SessionFilter {
  limit: number
  /** Session id, exclusive; rows come in session id order. */
  after?: string
  /** A top-level state. */
  state?: string
  userId?: string
  /** Part of the session id, user id, number or name. */
  q?: string
}
