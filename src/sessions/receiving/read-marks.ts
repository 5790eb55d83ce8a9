import type { Clock } from '../../base/clock.ts'
import { type MessageRef, messageRefOf } from '../../messages/message-ref.ts'
import type { ReceivedContent } from '../../messages/received.ts'
import type { DeliveryRow } from '../../ports/delivery-table.ts'
import type { WhatsAppSocket } from '../../ports/whatsapp.ts'

/** What Laravel accepts within this time is marked as read together, in ms. */
const COLLECT_MS = 300
/** Messages marked at once. */
const MAX_MESSAGES = 200

/** Has the node of a session that is not here mark messages as read. */
type MarkElsewhere = (sessionId: string, messageIds: string[]) => Promise<void>

/**
 * Marks as read what Laravel has accepted: one receipt for many messages, through the session's open socket. Best effort: what is
 * accepted while there is none stays unread.
 */
export class ReadMarks {
  readonly #clock: Clock
  readonly #socketOf: (streamId: string, sessionId: string) => WhatsAppSocket | null
  readonly #elsewhere: MarkElsewhere
  readonly #waiting = new Map<string, MessageRef[]>()

  /** `socketOf` gives the open socket of that life of the session; null where it is on another node, too. */
  constructor(
    clock: Clock,
    socketOf: (streamId: string, sessionId: string) => WhatsAppSocket | null,
    elsewhere: MarkElsewhere = async () => {},
  ) {
    this.#clock = clock
    this.#socketOf = socketOf
    this.#elsewhere = elsewhere
  }

  /** Laravel has taken this delivery. */
  accepted({ kind, streamId, sessionId, payload }: DeliveryRow): void {
    const message = payload as unknown as ReceivedContent
    if (kind !== 'messages' || message.from_me !== false) return
    const waiting = this.#waiting.get(streamId)
    if (waiting !== undefined) {
      waiting.push(messageRefOf(message))
      if (waiting.length >= MAX_MESSAGES) this.#mark(streamId, sessionId)
      return
    }
    this.#waiting.set(streamId, [messageRefOf(message)])
    this.#clock.setTimeout(() => this.#mark(streamId, sessionId), COLLECT_MS)
  }

  #mark(streamId: string, sessionId: string): void {
    const messages = this.#waiting.get(streamId)
    this.#waiting.delete(streamId)
    if (messages === undefined) return
    const socket = this.#socketOf(streamId, sessionId)
    const marked =
      socket?.chats.read(messages) ??
      this.#elsewhere(
        sessionId,
        messages.map(({ messageId }) => messageId),
      )
    // A connection that ends meanwhile leaves them unread.
    marked.catch(() => {})
  }
}
