import type { Clock } from '../../base/clock.ts'
import { GatewayError } from '../../base/errors.ts'
import { isUnsent } from '../../messages/status.ts'
import type { WhatsAppSocket } from '../../ports/whatsapp.ts'
import type { SessionActor } from '../host/session-actor.ts'
import { openSocketOf } from '../open-socket.ts'
import type { SessionPeople } from '../people.ts'
import type { ReachOutLock } from './reach-out-lock.ts'
import type { Refusals } from './refusals.ts'
import type { Send } from './send.ts'
import type { SendEndings } from './send-endings.ts'
import type { SendFiles } from './send-files.ts'
import type { SendLog } from './send-log.ts'
import { FifoQueue, type SendRate } from './send-rate.ts'
import { EXPIRED, UNSENDABLE } from './send-results.ts'
import type { WaitingSends } from './waiting-sends.ts'

/** A send that WhatsApp did not take although the connection holds is tried again after this time, in ms. */
const SEND_AGAIN = 5000

/** After so many transmissions without an ack nobody knows what became of a send: once, and twice more after a lost connection. */
const TRANSMISSIONS = 3

export const TOO_OLD = 'It waited for a connection longer than SEND_MAX_AGE_MS.'

export interface TransmitterParts {
  clock: Clock
  /** A send older than this is not sent any more, in ms. */
  maxAgeMs: number
  log: SendLog
  waiting: WaitingSends
  endings: SendEndings
  files: SendFiles
  rate: SendRate
  refusals: Refusals
  reachOut: ReachOutLock
  people: Pick<SessionPeople, 'namesOf'>
}

/** Hands sends to the session's open socket: each chat in its order, all of them at the session's pace. */
export class Transmitter {
  readonly #actor: SessionActor
  readonly #parts: TransmitterParts
  /** Chats whose sends leave one after the other now. */
  readonly #busy = new Set<string>()
  /** Sends that the socket has in hand. */
  readonly #writing = new Set<string>()
  /** The socket that took up what had waited: what is new must not overtake it. */
  #current: WhatsAppSocket | null = null
  readonly #queue = new FifoQueue()

  constructor(actor: SessionActor, parts: TransmitterParts) {
    this.#actor = actor
    this.#parts = parts
  }

  /** From now on sends go through the session's present socket. */
  resume(): void {
    this.#current = this.#actor.socket
  }

  /** The socket through which sends go now; null while there is none. */
  get currentSocket(): WhatsAppSocket | null {
    const { socket } = this.#actor
    return this.#isCurrent(socket) ? socket : null
  }

  /** Whether the socket has this send in hand; by default any. */
  isWriting(messageId?: string): boolean {
    return messageId === undefined ? this.#writing.size > 0 : this.#writing.has(messageId)
  }

  /** Lets a send leave when all before it in its chat have; without a connection it is left to the next one. */
  transmit(send: Send): void {
    if (!this.#writing.has(send.messageId)) this.resend(send)
  }

  /** The same for what WhatsApp refused, which may be before its writing is reported. */
  resend(send: Send): void {
    this.#parts.waiting.add(send)
    this.goOn(send.chatId)
  }

  /** Something that was in the way of this chat's sends is so no more. */
  goOn(chat: string): void {
    void this.#actor.guard(async () => {
      const names = await this.#parts.people.namesOf(chat)
      if (names.some(name => this.#busy.has(name))) return
      this.#busy.add(chat)
      await this.#emptyChat(chat)
    })
  }

  /** Lets the sends of one chat leave, one after the other, until none is left that can. */
  async #emptyChat(chat: string): Promise<void> {
    const { clock, rate, endings, maxAgeMs } = this.#parts
    let place: object | null = null
    // It may serve another send than the one that it was taken for.
    let hasTurn = false
    try {
      for (;;) {
        const names = await this.#parts.people.namesOf(chat)
        const next = this.#nextIn(chat, names)
        if (next === null) break
        const { send, socket } = next
        if (this.#isOver(send)) {
          await endings.giveUp(send, EXPIRED, TOO_OLD)
          continue
        }
        if (!hasTurn) {
          place ??= this.#queue.enter()
          const now = clock.now()
          const at = rate.nextAt(now, this.#queue.ahead(place))
          if (at > now) {
            const deadline = Math.min(at, send.at + maxAgeMs + 1)
            await this.#actor.until(() => !this.#isCurrent(socket), deadline)
            continue
          }
          rate.take(now)
          this.#queue.leave(place)
          place = null
        }
        hasTurn = !(await this.#writeToSocket(send, socket))
      }
    } finally {
      if (place !== null) this.#queue.leave(place)
      this.#busy.delete(chat)
    }
  }

  /** What is to leave next in a chat with these names; null if nothing can. */
  #nextIn(chat: string, names: string[]): { send: Send; socket: WhatsAppSocket } | null {
    const { waiting, files } = this.#parts
    const socket = this.currentSocket
    if (socket === null) {
      // The next connection takes it from the store.
      waiting.clear()
      return null
    }
    // Two chats turned out to be one person's: the other goes on with both.
    if (names.some(name => name !== chat && this.#busy.has(name))) return null
    const send = waiting.firstOf(names)
    if (send === null) return null
    if (files.isReady(send) || this.#isOver(send)) return { send, socket }
    // What comes before it in the chat may still come.
    void files.prepare(send).then(() => this.goOn(chat))
    return null
  }

  /** Whether a send is not to leave any more: it is too old, or has left often enough. */
  #isOver(send: Send): boolean {
    const { clock, maxAgeMs, refusals } = this.#parts
    if (clock.now() - send.at > maxAgeMs) return true
    // What was refused is no transmission that may have arrived.
    return send.attempts >= TRANSMISSIONS && refusals.of(send.messageId) === null
  }

  /** Hands one send to the connection; false if nothing has left. What follows in its chat waits, too. */
  async #writeToSocket(send: Send, socket: WhatsAppSocket): Promise<boolean> {
    const { clock, log, waiting, endings, refusals, reachOut } = this.#parts
    const { messageId, chatId, content } = send
    const refusal = refusals.of(messageId)
    waiting.remove(messageId)
    refusals.forget(messageId)
    this.#writing.add(messageId)
    try {
      if (reachOut.lockedFor > 0) await reachOut.check(chatId, socket, { canWait: true })
      await socket.send(messageId, content, send.secret)
    } catch (error) {
      this.#writing.delete(messageId)
      const known = error instanceof GatewayError
      if (known && error.retryable) {
        if (refusal !== null) refusals.add(refusal)
        // WhatsApp may have acked what it did not seem to take.
        if (!log.knows(messageId)) await log.find(messageId)
        if (isUnsent(log.progressOf({ messageId, status: 'queued' }))) waiting.add(send)
        await this.#actor.until(() => !this.#isCurrent(socket), clock.now() + SEND_AGAIN)
      } else {
        const why = known ? error.message : 'The message could not be built or encrypted.'
        await endings.giveUp(send, known ? error.code : UNSENDABLE, why)
      }
      return false
    }
    this.#writing.delete(messageId)
    // Durable before the ratchet of the next one, without which nothing of that leaves.
    void this.#actor.guard(() => log.recordTransmitted(messageId, chatId))
    return true
  }

  /** Whether sends go through this socket now. */
  #isCurrent(socket: WhatsAppSocket | null): socket is WhatsAppSocket {
    return socket !== null && socket === this.#current && socket === openSocketOf(this.#actor)
  }
}
