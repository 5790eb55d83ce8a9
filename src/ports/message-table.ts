import type { ChatTimer } from '../messages/chat-timer.ts'
import type { ReceivedContent } from '../messages/received.ts'
import type { SendContent } from '../messages/send.ts'
import type { MessageStatus } from '../messages/status.ts'

/** Messages received and sent, with how they stand. */
export interface MessageTable {
  find(streamId: string, messageId: string, direction?: 'in' | 'out'): Promise<MessageRow | null>
  /** Also of a message that was removed for its age, for 30 days after it arrived. */
  hasDedupeKey(streamId: string, dedupeKey: string): Promise<boolean>
  /** The seq of the newest received message that was removed for its age; 0 if none was. */
  goneTo(streamId: string): Promise<number>
  /** Sends that are queued or transmitted, oldest first; the `error` of one is why WhatsApp refused it for now. */
  unsent(streamId: string): Promise<MessageRow[]>
  /** Whether there are any. */
  hasUnsent(streamId: string): Promise<boolean>
  /** How many there are, counted up to `most`. */
  unsentOf(streamId: string, most: number): Promise<number>
  /** Sends of all streams that are queued or transmitted and were made before `at`, by stream and seq; `after` is exclusive. */
  overdue(at: number, limit: number, after?: Pick<OverdueSend, 'streamId' | 'seq'>): Promise<OverdueSend[]>
  /** What was sent under a caller's key, if that was within 72 h. */
  idempotent(streamId: string, key: string, now: number): Promise<IdempotencyRow | null>
  /** What went out under this id, encoded. */
  encoded(streamId: string, messageId: string): Promise<Uint8Array | null>
  /**
   * Messages under this id, in and out, the newest first, at most 20: ids are unique per chat and sender only. With their secrets,
   * which no other reading gives.
   */
  originals(streamId: string, messageId: string): Promise<OriginalMessage[]>
  /** The secret of a message that is or was sent; null when it has none. */
  secretOf(streamId: string, messageId: string): Promise<Uint8Array | null>
  /** Whether anything was exchanged with one of these chats (a person has two names): received from it, or sent and taken by WhatsApp. */
  knowsChat(streamId: string, chatIds: string[]): Promise<boolean>
  /** What was sent to and received from a chat, newest first, under any of its names; `before` is an exclusive seq. */
  inChat(streamId: string, chatIds: string[], before: number | null, limit: number): Promise<MessageRow[]>
  /** What was received after `after` and up to `until`, oldest first; history of before the link left out. */
  received(
    streamId: string,
    after: number,
    until: number,
    limit: number,
  ): Promise<{ seq: number; dedupeKey: string }[]>
  /** What of that nobody here could read, if it was kept. */
  unread(
    streamId: string,
    after: number,
    until: number,
  ): Promise<{ seq: number; content: ReceivedContent; proto: Uint8Array }[]>
}

/** One change of one message. */
export type MessageWrite =
  | {
      insert: {
        messageId: string
        chatId: string
        direction: 'in' | 'out'
        /** Unique in a stream: (chat LID-first, participant, fromMe, id) of what arrived, the same after `history|` of what was imported, `out|id` of what is sent. */
        dedupeKey: string
        content: ReceivedContent | SendContent
        /** 32 bytes, under which others seal what they add to it. */
        secret?: Uint8Array
        /** What arrived, encoded, if nobody here could read it. */
        proto?: Uint8Array
        status: MessageStatus
        /** Of what arrived: whether Laravel is to get it; its delivery is in the same write. */
        forLaravel?: boolean
        seq: number
        at: number
      }
    }
  /** What arrived can be read at last; its encoding is of no more use. */
  | { reread: { seq: number; content: ReceivedContent } }
  /** What is to be sent is known better now: its file is in the media store. */
  | { prepared: { messageId: string; content: SendContent } }
  /** WhatsApp refused what left last, which counts no more, and it is to leave again; `error` stands until it does. */
  | { refused: { messageId: string; error: string } }
  /** What goes out, encoded: every later transmission is the very same message. */
  | { encoded: { messageId: string; proto: Uint8Array } }
  /** `at` is added to the message's history; `attempt` counts a transmission, `again` says that it is not the first. */
  | {
      update: {
        messageId: string
        status: MessageStatus
        at: number
        error?: string
        attempt?: boolean
        again?: boolean
      }
    }

export interface MessageRow {
  messageId: string
  chatId: string
  direction: 'in' | 'out'
  content: ReceivedContent | SendContent
  /** The stored content is damaged: `content` only stands for it, and must not be sent. */
  unreadable?: true
  status: MessageStatus
  /** Transmissions so far. */
  attempts: number
  seq: number
  at: number
  error: string | null
  /** `forLaravel` as it was inserted; of before that was noted nobody knows. */
  history: { status: MessageStatus; at: number; error?: string; forLaravel?: boolean }[]
}

/** A message that another one, sealed under its secret, may be about. */
export interface OriginalMessage {
  content: ReceivedContent | SendContent
  /** Null when it came without, or when its words were erased. */
  secret: Uint8Array | null
}

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
  streamId: string
  seq: number
  sessionId: string
  messageId: string
}

/** Chats in which messages disappear, or did once. */
export interface ChatTimerTable {
  /** The newest setting of a chat under any of its names (full jids); null if none was ever made. */
  find(streamId: string, names: string[]): Promise<ChatTimer | null>
}

/** The messages of a session as chats. */
export interface ChatTable {
  /**
   * Chats by their newest message, newest first, at most `limit`, from before the seq `before` on (null: all). A page may hold less, even
   * none, because only so many messages are looked at; `next` goes on, null: that is all.
   */
  newest(
    streamId: string,
    before: number | null,
    limit: number,
  ): Promise<{ chats: { chatId: string; seq: number }[]; next: number | null }>
  /** What of these messages waits for Laravel, or was given up. */
  deliveriesOf(
    streamId: string,
    seqs: number[],
  ): Promise<{ seq: number; attempts: number; nextAt: number; error: string | null; isDead: boolean }[]>
}
