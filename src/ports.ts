import type { Readable } from 'node:stream'
import type { EstadoQr, SessionFact } from '../machines/facts.ts'
import type { InboundMessage, MediaContent, Presence, SendContent, SendMedia } from './contract.ts'
import type {
  DeliveryOutcome,
  DeliveryRow,
  Download,
  DownloadOutcome,
  IdempotencyRow,
  InboxRow,
  MediaSource,
  MessageRef,
  MessageRow,
  OverdueSend,
  SessionFilter,
  SessionRow,
  StoredEvent,
  Write,
} from './records.ts'

/** Every seam to the outside on one page. Times are milliseconds since the epoch unless a name says otherwise. */

// ---------------------------------------------------------------- clock

/** Time that never jumps, and timers; the simulated clock of the tests has the same three methods. */
export interface Clock {
  now(): number
  setTimeout(fn: () => void, ms: number): unknown
  clearTimeout(id: unknown): void
}

// ---------------------------------------------------------------- store

/**
 * The store: one durable commit, reads of what is committed. A write's promise resolves only after its commit.
 * Writes of one stream commit in the order in which they were handed over; one that fails takes those behind it along.
 */
export interface Store {
  /** Made with the store and the same for its whole life: what other systems keep for it stands under this name. */
  readonly id: string
  commit(write: Write): Promise<void>
  /** Makes the caller the stream's owner; resolves with the new epoch. */
  claim(streamId: string): Promise<number>
  /**
   * Erases the words of at most `limit` messages from before `before`, oldest first, and resolves with their number; those that
   * wait for Laravel or for WhatsApp keep theirs.
   */
  eraseBodies(before: number, limit: number): Promise<number>
  readonly sessions: SessionReads
  readonly log: LogReads
  readonly keys: KeyReads
  readonly messages: MessageReads
  readonly deliveries: DeliveryStore
  readonly downloads: DownloadStore
  /** Waits for what is being committed, then frees the files and the lock. */
  close(): Promise<void>
}

export interface SessionReads {
  find(sessionId: string): SessionRow | null
  list(filter: SessionFilter): { count: number; rows: SessionRow[] }
  /** The last estado_qr that Laravel accepted from us under this session id, in whichever of its lives. */
  told(sessionId: string): { estadoQr: EstadoQr; at: number } | null
  /** All living sessions, in creation order. */
  all(): Iterable<SessionRow>
}

export interface LogReads {
  /** Rows after `seq` (exclusive), oldest first. */
  after(streamId: string, seq: number, limit: number): StoredEvent[]
  /** The newest lifecycle row at or before `seq`. */
  stateAt(streamId: string, seq: number): StoredEvent | null
}

export interface KeyReads {
  get(streamId: string, type: string, ids: string[]): Record<string, Uint8Array>
  /** A stanza decrypted before. */
  inbox(streamId: string, hash: string): InboxRow | null
  /** Decrypted stanzas whose message is not in the log yet, oldest first. */
  unfinished(streamId: string): InboxRow[]
}

export interface MessageReads {
  find(streamId: string, messageId: string, direction?: 'in' | 'out'): MessageRow | null
  hasDedupeKey(streamId: string, dedupeKey: string): boolean
  /** Sends that are queued or transmitted, oldest first. */
  unsent(streamId: string): MessageRow[]
  /** Sends of all streams that are queued or transmitted and were made before `at`. */
  overdue(at: number, limit: number): OverdueSend[]
  /** What was sent under a caller's key, if that was within 72 h. */
  idempotent(streamId: string, key: string, now: number): IdempotencyRow | null
  /** What went out under this id, encoded. */
  encoded(streamId: string, messageId: string): Uint8Array | null
  /** Whether anything was exchanged with one of these chats (a person has two names): received from it, or sent and taken by WhatsApp. */
  knowsChat(streamId: string, chatIds: string[]): boolean
  /** What was received after `after` and up to `until`, oldest first; history of before the link left out. */
  received(
    streamId: string,
    after: number,
    until: number,
    limit: number,
  ): { seq: number; dedupeKey: string }[]
}

/** Files of received messages on their way into the media store. */
export interface DownloadStore {
  /** Pending ones that are due, oldest first. */
  due(now: number, limit: number): Download[]
  /** When the first pending one is due that is not by `after`, or null. */
  nextAt(after: number): number | null
  /** Records what came of an attempt; a session that is gone is no error. */
  settle(streamId: string, seq: number, outcome: DownloadOutcome): Promise<void>
  /** What a file is, and what it is called, by its id; null if no message has it. */
  describe(mediaId: string): { mimetype: string; filename: string | null } | null
  /** Files of messages in and out of this stream that no message of another has, sends of before aside. */
  onlyOf(streamId: string): string[]
}

export interface DeliveryStore {
  /** The oldest pending delivery of a lane. */
  head(lane: string): DeliveryRow | null
  /** Lanes with something pending and the time of their head's next attempt. */
  lanes(): { lane: string; nextAt: number }[]
  counts(): { pending: number; dead: number }
  find(id: number): DeliveryRow | null
  /** Dead letters, newest first; `before` is an exclusive delivery id. */
  dead(limit: number, before?: number): DeliveryRow[]
  /** Records what came of an attempt; an id that was replaced meanwhile is no error. */
  settle(id: number, outcome: DeliveryOutcome): Promise<void>
}

// ---------------------------------------------------------------- whatsapp

export type SocketFact = Extract<SessionFact, { type: `socket.${string}` | 'logout.confirmed' }>

/** A message that WhatsApp handed over. */
export interface ReceivedMessage {
  dedupeKey: string
  /** The inbox row that this message finishes, if it came through the ratchet. */
  inboxHash: string | null
  message: InboundMessage
  /** It is WhatsApp's history of before the link: kept, never delivered, and no reason to drop the message itself if it comes. */
  imported?: true
  /** The file that it carries. */
  media?: MediaSource
}

/** What WhatsApp says about a message that was sent. */
export type SendUpdate =
  | { messageId: string; status: 'sent' | 'delivered' | 'read' | 'played'; at: number }
  | { messageId: string; status: 'failed'; at: number; code: string; error: string }

/** What one socket tells its owner. No callback may throw into the socket. */
export interface SocketOwner {
  sessionId: string
  streamId: string
  epoch: number
  /** Digits of the number to be linked by a pairing code; null for a QR. */
  phoneNumber: string | null
  /** A lifecycle fact, in order of occurrence; `socket.closed` or `logout.confirmed` is the last one. */
  report(fact: SocketFact): void
  /** Resolves once the messages are durable. */
  received(messages: ReceivedMessage[]): Promise<void>
  updated(update: SendUpdate): void
}

export interface WhatsAppSocket {
  /**
   * Sends under the given id; resolves when the bytes were handed over, rejects when they were not. They leave only after a
   * commit of the ratchet in this stream, so what the caller handed to the store before is durable by then, too.
   */
  send(messageId: string, content: SendContent): Promise<void>
  /** What else is done in chats. */
  readonly chats: ChatActions
  /** Asks WhatsApp to unlink this device; `logout.confirmed` or `socket.closed` follows. */
  unlink(): void
  /** Ends the socket, keeps the link; resolves when nothing of it runs any more. Nothing is reported after the call. */
  end(): Promise<void>
}

/** Each rejects with SESSION_NOT_CONNECTED when the connection ends first. */
export interface ChatActions {
  /** Whether a phone number (digits) is on WhatsApp. */
  lookup(phone: string): Promise<{ exists: boolean; jid: string | null; lid: string | null }>
  /** Marks messages of others as read. */
  read(messages: MessageRef[]): Promise<void>
  /** `available` and `unavailable` are for everybody, the others for one chat. */
  presence(kind: Presence, chatId?: string): Promise<void>
  /** Asks the phone to upload a file again; resolves with where it is then, rejects with MEDIA_GONE when it has none. */
  reupload(message: MessageRef, source: MediaSource): Promise<MediaSource>
}

export interface WhatsApp {
  /** Opens a socket with the stream's credentials, or fresh ones if it has none. The stream's previous socket must have ended. */
  open(owner: SocketOwner): WhatsAppSocket
  /** Messages that were decrypted before a crash and are not in the log yet. */
  recover(streamId: string): Promise<ReceivedMessage[]>
  /** A new WhatsApp message id. */
  newMessageId(): string
  /**
   * The decrypted bytes of a received file, checked at their end; each piece is good until the next is asked for. Rejects with
   * MEDIA_GONE, MEDIA_UNREACHABLE (try later) or MEDIA_CORRUPT.
   */
  download(source: MediaSource, signal: AbortSignal): AsyncIterable<Uint8Array>
}

/** What links a phone: the text of a QR or a pairing code. `hash` is its name in facts. */
export interface LinkSecret {
  hash: string
  text: string
  expiresAt: number
}

/** The only place that holds a QR text or a pairing code; memory only. */
export interface QrVault {
  put(sessionId: string, qr: LinkSecret): void
  /** The newest QR, or null once it has expired. */
  read(sessionId: string): LinkSecret | null
  putCode(sessionId: string, code: LinkSecret): void
  /** The newest pairing code, or null once it has expired. */
  readCode(sessionId: string): LinkSecret | null
  /** Forgets both. */
  clear(sessionId: string): void
}

// ---------------------------------------------------------------- laravel

/** Why an answer is `unknown`, for the operator. */
export interface ActiveAnswer {
  said: 'active' | 'inactive' | 'missing' | 'unknown'
  why: string | null
}

export interface Laravel {
  /** `GET /whatsapp/status/{id}`. Never rejects; without LARAVEL_URL the answer is `active`. */
  askActive(sessionId: string, signal: AbortSignal): Promise<ActiveAnswer>
  /** One `POST /qr`; rejects when Laravel did not take it. Without LARAVEL_URL it resolves at once. */
  publishQr(sessionId: string, qr: { text: string; expiresAt: number }, signal: AbortSignal): Promise<void>
  /** One `POST /pairing-code`, in the same way. */
  publishPairingCode(sessionId: string, code: LinkSecret, signal: AbortSignal): Promise<void>
}

/** Delivers what the deliveries table holds; waking a lane twice does no harm. */
export interface Deliveries {
  wake(lane: string): void
  /** Starts draining: wakes every lane with something pending. */
  start(): void
  /** Waits for attempts in flight, at most `ms`; what is pending stays in the table. */
  stop(ms: number): Promise<void>
  health(): { ok: boolean; problem: string | null }
}

/** What HTTP can ask of the dead letters. */
export interface DeadLetters {
  /** Newest first; `before` is an exclusive delivery id. `count` is all there are. */
  list(limit: number, before?: number): { count: number; rows: DeliveryRow[] }
  /** Stands in line again, durably; nothing changes if it never died. Rejects with DELIVERY_NOT_FOUND. */
  redrive(id: number): Promise<void>
}

// ---------------------------------------------------------------- media

/** A stored file: `id` is the SHA-256 of its bytes in hex, `size` their number, `path` where they lie, for programs that seek. */
export interface StoredMedia {
  id: string
  size: number
  path: string
}

/** Bytes of a stored file, which outlive its removal. The stream must be read to its end or destroyed. */
export interface OpenedMedia {
  /** The whole file or the range that was asked for. */
  stream: Readable
  /** Bytes of the whole file. */
  size: number
  path: string
}

/**
 * Files by what is in them: the same content is one file, whoever stored it, so who removes one asks first who else needs it.
 * An id that was not given by `put` does not exist. Rejects with MEDIA_STORE_FAILED when the disk refuses.
 */
export interface MediaStore {
  /** Durable once it resolves. Rejects with MEDIA_TOO_LARGE above `maxBytes`, or as `source` does; then nothing of it stays. */
  put(source: AsyncIterable<Uint8Array>, limits: { maxBytes: number }): Promise<StoredMedia>
  /** null if there is no such file. `start` and `end` are offsets in bytes, both inclusive, of a range within the file. */
  open(id: string, range?: { start: number; end: number }): Promise<OpenedMedia | null>
  /** Whether there was such a file. */
  remove(id: string): Promise<boolean>
  /** Removes at most `limit` files that were neither stored nor opened since `before`; resolves with their number. */
  prune(before: number, limit: number): Promise<number>
}

/** What is answered to a request for a file; the stream must be read to its end or destroyed. */
export interface ServedMedia {
  status: 200 | 206 | 304 | 416
  headers: Record<string, string>
  stream: Readable | null
}

/** Stored files for those outside. */
export interface MediaServer {
  /** A URL under which the file can be had for 24 h without an API key. */
  link(id: string): string
  /** Judges a link as it was presented, in constant time. */
  judge(link: {
    id: string
    expires: string | undefined
    signature: string | undefined
  }): 'valid' | 'expired' | 'forged'
  /** Whether the file is there. */
  present(id: string): Promise<boolean>
  /** By the headers of a request; null if there is no such file. */
  serve(
    id: string,
    request: {
      range: string | undefined
      ifRange: string | undefined
      ifNoneMatch: string | undefined
      /** False for HEAD. */
      bodyWanted: boolean
    },
  ): Promise<ServedMedia | null>
}

/** Makes files ready to be sent. */
export interface MediaDesk {
  /** Keeps bytes that came with a request. Rejects with MEDIA_TOO_LARGE. */
  keep(bytes: AsyncIterable<Uint8Array>): Promise<{ id: string; size: number }>
  /** Fetches, judges and if need be converts a file; rejects with MEDIA_…, each a sentence for the caller. */
  prepare(content: MediaContent): Promise<SendMedia>
}

/** Calls `drain(lane)` for each lane that was woken, one call per lane at a time. */
export interface Queue {
  /** `drain` resolves with the time at which the lane wants to be woken again, or null. */
  start(drain: (lane: string) => Promise<number | null>): void
  wake(lane: string, at?: number): void
  stop(ms: number): Promise<void>
  /** One sentence for an operator while the queue's server cannot be used; null otherwise. */
  problem(): string | null
}
