import type { SessionFact } from '../../machines/facts.ts'
import type { AccountEvent } from '../messages/account-event.ts'
import type { MediaSource, MessageRef } from '../messages/message-ref.ts'
import type { PasskeyAssertion } from '../messages/passkey.ts'
import type { ReceivedContent } from '../messages/received.ts'
import type { Presence, SendContent } from '../messages/send.ts'

export type SocketFact = Extract<
  SessionFact,
  {
    type: `socket.${string}` | `passkey.${'asked' | 'codeShown' | 'proved' | 'failed'}` | 'logout.confirmed'
  }
>

/** A message that WhatsApp handed over. */
export interface ReceivedMessage {
  dedupeKey: string
  /** The keys that it would have had under its sender's other names, if it is old enough to have come under one. */
  formerKeys?: string[]
  /** The inbox row that this message finishes, if it came through the ratchet. */
  inboxHash: string | null
  message: ReceivedContent
  /** It is of WhatsApp's history from before the link: stored, never delivered, and no duplicate of the same message if that arrives. */
  imported?: true
  /** The file that it carries. */
  media?: MediaSource
  /** It only says that there is a message, whose dedupe key this is: nothing once that one is known. */
  noticeOf?: string
  /** The encoded message, if this program cannot read it: kept, so that a later version can. */
  unread?: Uint8Array
  /** 32 bytes, under which others seal what they add to it. */
  secret?: Uint8Array
}

/** A message that can be read at last, with the file that it carries. */
export type Reread = Pick<ReceivedMessage, 'message' | 'media'>

/** A new status of a message that was sent, as WhatsApp reports it. */
export type SendUpdate =
  | { messageId: string; status: 'sent' | 'delivered' | 'read' | 'played'; at: number }
  | {
      messageId: string
      status: 'failed'
      at: number
      code: string
      error: string
      /** For how long WhatsApp wants nothing from the account, in ms; the message may be sent again then. */
      backoff?: number
    }

/** What happened to an account beside messages, and when (ms); `key` is the same when WhatsApp tells of it again. */
export interface AccountHappening {
  key: string
  event: AccountEvent
  happenedAt: number
}

/** The session that a socket belongs to, and what the socket reports to it. No callback may throw into the socket. */
export interface SocketOwner {
  sessionId: string
  streamId: string
  epoch: number
  /** Digits of the number to be linked by a pairing code; null for a QR. */
  phoneNumber: string | null
  /** A lifecycle fact, in order of occurrence; `socket.closed` or `logout.confirmed` is the last one. */
  report(fact: SocketFact): void
  /** Messages have arrived; resolves once they are durable. */
  received(messages: ReceivedMessage[]): Promise<void>
  /** A call, or a change of a group or a contact; resolves once they are durable, also when they were before. */
  happened(events: AccountHappening[]): Promise<void>
  /** The status of a message that was sent has changed; resolves once that is durable. */
  updated(update: SendUpdate): Promise<void>
}

/** One connection of one session. */
export interface WhatsAppSocket {
  /**
   * Sends under the given id; resolves when the bytes were handed over, rejects when they were not. They leave only after a
   * commit of the ratchet in this stream, so what the caller handed to the store before is durable by then, too: such as the
   * message's secret, which must be given while it may not be in the store yet.
   */
  send(messageId: string, content: SendContent, secret?: Uint8Array): Promise<void>
  /** What is done in chats beside sending. */
  readonly chats: ChatActions
  /** What the account's owner says to a passkey that WhatsApp demands. */
  readonly passkey: PasskeyAnswers
  /** Logs out: asks WhatsApp to remove this device from the account; `logout.confirmed` or `socket.closed` follows. */
  logout(): void
  /** Ends the socket, keeps the link; resolves when nothing of it runs any more. Nothing is reported after the call. */
  end(): Promise<void>
}

/** The owner's part in the passkey that WhatsApp demands of a socket before it links it. */
export interface PasskeyAnswers {
  /**
   * Keeps an assertion for `answer`. Throws PASSKEY_NOT_ASKED when none is demanded, VALIDATION_FAILED when it is for another
   * demand or was not made on WhatsApp's page; what is demanded stays as it is then.
   */
  take(assertion: PasskeyAssertion): void
  /** Gives WhatsApp the assertion that was taken last; `passkey.codeShown`, `passkey.proved` or `passkey.failed` follows. */
  answer(): void
  /** Phone and device show the same code; `socket.paired` or `passkey.failed` follows. */
  finish(): void
}

/** What is done in chats beside sending; each rejects with SESSION_NOT_CONNECTED when the connection ends first. */
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

/** The seam to WhatsApp: opens sockets, and does what needs none. */
export interface WhatsApp {
  /**
   * Opens a socket with the stream's credentials, or fresh ones if it has none; null if `signal` said meanwhile that nobody wants it.
   * The stream's previous socket must have ended. What it reports comes after it was handed over.
   */
  open(owner: SocketOwner, signal: AbortSignal): Promise<WhatsAppSocket | null>
  /** Messages that were decrypted before a crash and are not in the log yet. */
  recover(streamId: string): Promise<ReceivedMessage[]>
  /** What a message that could not be read says to this version; null if that cannot read it either. */
  reread(streamId: string, stored: ReceivedContent, encoded: Uint8Array): Promise<Reread | null>
  /** A new WhatsApp message id. */
  newMessageId(): string
  /**
   * The decrypted bytes of a received file, checked at their end; each piece is good until the next is asked for. Rejects with
   * MEDIA_GONE, MEDIA_UNREACHABLE (try later) or MEDIA_CORRUPT.
   */
  download(source: MediaSource, signal: AbortSignal): AsyncIterable<Uint8Array>
}

/** Hears what becomes of a message before the log knows of it; absent while nobody traces. No call throws. */
export interface ArrivalTracing {
  /** A stanza with a message has come from WhatsApp. */
  arrived(stream: { streamId: string; sessionId: string }, messageId: string): void
  /** It is decrypted from now on, until the given function is called. */
  decrypting(streamId: string, messageId: string): () => void
}
