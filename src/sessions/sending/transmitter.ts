import type { Clock } from '../../base/clock.ts'
import { GatewayError } from '../../base/errors.ts'
import type { WhatsAppSocket } from '../../ports/whatsapp.ts'
import type { SessionActor } from '../host/session-actor.ts'
import { openSocketOf } from '../open-socket.ts'
import type { SessionPeople } from '../people.ts'
import type { RateLimitedResends } from './rate-limited-resends.ts'
import type { ReachOutLock } from './reach-out-lock.ts'
import type { Send } from './send.ts'
import type { SendEndings } from './send-endings.ts'
import type { SendFiles } from './send-files.ts'
import type { SendLog } from './send-log.ts'
import { FifoQueue, type SendRate } from './send-rate.ts'
import { EXPIRED, UNSENDABLE } from './send-results.ts'

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
  endings: SendEndings
  files: SendFiles
  rate: SendRate
  resends: RateLimitedResends
  reachOut: ReachOutLock
  people: Pick<SessionPeople, 'namesOf'>
}

/** Hands sends to the session's open socket: each chat in its order, all of them at the session's pace. */
export class Transmitter {
  readonly #actor: SessionActor
  readonly #parts: TransmitterParts
  /** Chats with something to transmit, each a chain of sends. */
  readonly #chats = new Map<string, Promise<void>>()
  /** Sends handed to a chat's chain and not through it yet. */
  readonly #inProgress = new Set<string>()
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

  /** Whether a chat's chain has this send in hand. */
  isInProgress(messageId: string): boolean {
    return this.#inProgress.has(messageId)
  }

  /** Hands a send to its chat's chain; without a connection it is left to the next one. */
  transmit(send: Send): void {
    if (this.#inProgress.has(send.messageId) || this.currentSocket === null) return
    this.#inProgress.add(send.messageId)
    const through = this.#chain(send.chatId, () => this.#transmitNow(send))
    void through.finally(() => this.#inProgress.delete(send.messageId))
  }

  /** What WhatsApp refused for the session's pace goes before all that follows in its chat. */
  resend(send: Send): void {
    void this.#chain(send.chatId, async () => {
      if (this.#parts.resends.isDue(send.messageId)) await this.#transmitNow(send)
    })
  }

  /** Does some work once all that came before in this chat is done, under whichever of its names. */
  #chain(chatId: string, work: () => Promise<void>): Promise<void> {
    const before = this.#parts.people.namesOf(chatId).map(name => this.#chats.get(name))
    const mine = Promise.all(before)
      .then(() => this.#actor.guard(work))
      .finally(() => {
        if (this.#chats.get(chatId) === mine) this.#chats.delete(chatId)
      })
    this.#chats.set(chatId, mine)
    return mine
  }

  /** Waits for the session's pace; what WhatsApp refused for it meanwhile goes first. */
  async #transmitNow(send: Send): Promise<void> {
    const { files, resends } = this.#parts
    const { socket } = this.#actor
    const isCurrent = () => this.#isCurrent(socket)
    if ((await files.prepare(send)) === null) return
    while (isCurrent()) {
      const next = await this.#waitForTurn(send, isCurrent)
      if (next === null) return
      resends.leaves(next.messageId)
      await this.#writeToSocket(next)
      if (next.messageId === send.messageId) return
    }
  }

  /** Resolves with what is to leave, once it may; with null when the connection is lost. */
  async #waitForTurn(send: Send, isCurrent: () => boolean): Promise<Send | null> {
    const { clock, rate, resends } = this.#parts
    const place = this.#queue.enter()
    try {
      while (isCurrent()) {
        const next = resends.nextIn(send.chatId) ?? send
        const now = clock.now()
        // It fails, and costs nobody a turn.
        if (this.#isOver(next)) return next
        const at = rate.nextAt(now, this.#queue.ahead(place))
        if (at <= now) {
          rate.take(now)
          return next
        }
        await this.#actor.until(() => !isCurrent(), at)
      }
      return null
    } finally {
      this.#queue.leave(place)
    }
  }

  /** Whether a send is not to leave any more: it is too old, or has left often enough. */
  #isOver(send: Send): boolean {
    const { clock, maxAgeMs } = this.#parts
    return clock.now() - send.at > maxAgeMs || this.#hasLeftOftenEnough(send)
  }

  #hasLeftOftenEnough({ messageId, attempts }: Send): boolean {
    // What was refused is no transmission that may have arrived.
    return attempts >= TRANSMISSIONS && this.#parts.resends.refusalOf(messageId) === null
  }

  /** Hands one send to the connection, until it takes it. */
  async #writeToSocket(send: Send): Promise<void> {
    const { clock, log, endings, files, reachOut } = this.#parts
    const { messageId, chatId } = send
    const content = await files.prepare(send)
    if (content === null) return
    const { socket } = this.#actor
    for (let sent = false; !sent; ) {
      if (!this.#isCurrent(socket)) return
      if (this.#isOver(send)) return endings.giveUp(send, EXPIRED, TOO_OLD)
      try {
        if (reachOut.lockedFor > 0) await reachOut.check(chatId, socket)
        await socket.send(messageId, content, send.secret)
        sent = true
      } catch (error) {
        const known = error instanceof GatewayError
        if (!(known && error.retryable)) {
          const why = known ? error.message : 'The message could not be built or encrypted.'
          return endings.giveUp(send, known ? error.code : UNSENDABLE, why)
        }
        // What follows in this chat waits, too.
        if (await this.#actor.until(() => !this.#isCurrent(socket), clock.now() + SEND_AGAIN)) return
      }
    }
    await log.recordTransmitted(messageId, chatId)
  }

  /** Whether sends go through this socket now. */
  #isCurrent(socket: WhatsAppSocket | null): socket is WhatsAppSocket {
    return socket !== null && socket === this.#current && socket === openSocketOf(this.#actor)
  }
}
