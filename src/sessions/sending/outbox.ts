import type { Clock } from '../../base/clock.ts'
import { GatewayError } from '../../base/errors.ts'
import type { SendContent } from '../../messages/send.ts'
import { movesForward } from '../../messages/status.ts'
import type { MediaPreparer } from '../../ports/media-preparer.ts'
import type { MessageRow } from '../../ports/message-table.ts'
import type { SendOutcome } from '../../ports/sessions.ts'
import type { Store } from '../../ports/store.ts'
import type { SendUpdate, WhatsApp, WhatsAppSocket } from '../../ports/whatsapp.ts'
import type { SessionActor } from '../host/session-actor.ts'
import { openSocketOf } from '../open-socket.ts'
import { Idempotency, type Promised } from './idempotency.ts'
import { NO_NEW_CHATS, type Refusal, Refusals, TOO_FAST } from './rate-limited-resends.ts'
import { NewChats } from './reach-out-lock.ts'
import { checkReference, inGroup } from './reply-target.ts'
import { SendFiles } from './send-files.ts'
import { Journal } from './send-log.ts'
import { EXPIRED, type Fate, failureOf, refusalOf, UNSENDABLE } from './send-outcomes.ts'
import { Line, Rate } from './send-rate.ts'

/** A send that WhatsApp did not take although the connection holds is tried again after this time, in ms. */
const SEND_AGAIN = 5000

/** After so many transmissions without an ack nobody knows what became of a send: once, and twice more after a lost connection. */
const TRANSMISSIONS = 3

type Send = Pick<MessageRow, 'messageId' | 'chatId' | 'at' | 'attempts'> & { content: SendContent }

export interface OutboxDeps {
  store: Store
  whatsapp: Pick<WhatsApp, 'newMessageId'>
  media: Pick<MediaPreparer, 'prepare'>
  clock: Clock
  /** A send older than this is not sent any more, in ms. */
  maxAgeMs: number
  /** Sends per minute; 0 is no limit. */
  perMinute: number
  /** Whether Laravel is told what becomes of a send. */
  tellStatus: boolean
}

/** What waits to be sent for one session: transmits while open, oldest first per chat, always under the stored id. */
export class Outbox {
  readonly #deps: OutboxDeps
  readonly #actor: SessionActor
  /** Chats with something to transmit, each a chain of sends. */
  readonly #chats = new Map<string, Promise<void>>()
  /** Sends handed to a chat's chain and not through it yet. */
  readonly #moving = new Set<string>()
  /** The socket that took up what had waited: what is new must not overtake it. */
  #pumped: WhatsAppSocket | null = null
  readonly #rate: Rate
  readonly #line = new Line()
  readonly #newChats = new NewChats()
  readonly #refusals = new Refusals<Send>()
  readonly #journal: Journal
  readonly #files: SendFiles<Send>
  readonly #idempotency: Idempotency

  constructor(actor: SessionActor, deps: OutboxDeps) {
    this.#actor = actor
    this.#deps = deps
    this.#rate = new Rate(deps.perMinute)
    this.#journal = new Journal(actor, deps)
    this.#files = new SendFiles(actor, deps.media, (...lost) => this.#giveUp(...lost))
    this.#idempotency = new Idempotency(actor.streamId, deps.store.messages, deps.clock)
  }

  /**
   * Chooses the WhatsApp id, makes the send durable, and waits for WhatsApp's ack until `deadline`; with a key of the caller's,
   * once. Rejects with SESSION_NOT_CONNECTED, VALIDATION_FAILED or NEW_CHATS_PAUSED (nothing is stored), with what became of the send, and as
   * `Idempotency.once` does.
   */
  send(content: SendContent, deadline: number, key?: string): Promise<SendOutcome> {
    if (key === undefined) return this.#send(content, deadline)
    return this.#idempotency.once(key, content, promised => this.#send(content, deadline, promised))
  }

  async #send(content: SendContent, deadline: number, promised?: Promised): Promise<SendOutcome> {
    const { clock, whatsapp } = this.#deps
    const actor = this.#actor
    if (!actor.can({ type: 'message.queued' })) {
      throw new GatewayError(
        'SESSION_NOT_CONNECTED',
        `Session ${actor.sessionId} is ${actor.state}, so nothing can be sent; nothing was stored. Call /start to connect it.`,
      )
    }
    checkReference(content, this.#deps.store.messages, actor.streamId)
    if (this.#newChats.pausedFor(clock.now()) > 0) await this.#mustBeKnown(content.to)
    const messageId = whatsapp.newMessageId()
    const at = clock.now()
    const fate = this.#journal.fate(messageId, deadline)
    // What can go at once shares its commit with the ratchet, without which no byte leaves.
    const atOnce = this.#carries(actor.socket)
    const queued = this.#journal.queued({ messageId, content, at }, { lazy: atOnce, promised })
    if (!atOnce) await queued
    if (actor.state === 'reconnecting.hibernated') actor.tell({ type: 'wake.requested' })
    const send = { messageId, chatId: content.to, content, at, attempts: 0 }
    // A link to a file may not live as long as a connection is away.
    void this.#files.prepare(send)
    this.#transmit(send)
    const update = await Promise.race([fate, queued.then(() => fate)])
    await queued
    if (update?.status === 'failed') throw refusalOf(failureOf(update))
    const status = update?.status ?? 'queued'
    return { messageId, status, chatId: content.to }
  }

  /** Takes up what was queued or never acked, after the session opened. */
  pump(): void {
    this.#pumped = this.#actor.socket
    for (const row of this.#deps.store.messages.unsent(this.#actor.streamId)) {
      this.#transmit(row as Send)
    }
  }

  /** Records what WhatsApp says about a send; anything that would move it backwards is dropped. */
  async updated(update: SendUpdate): Promise<void> {
    const { messageId, status } = update
    const known = this.#journal.find(messageId)
    if (known === undefined || !movesForward(known.status, status)) return
    if (status === 'failed' && update.code === TOO_FAST) return this.#sendAgain(update)
    if (status === 'failed' && update.code === NO_NEW_CHATS) this.#newChats.refused(this.#deps.clock.now())
    await this.#record(known.chatId, update)
  }

  /** WhatsApp refused it for the session's pace: it goes out again, slower and before what follows in its chat. */
  #sendAgain(refusal: Refusal): void {
    this.#rate.complained(this.#deps.clock.now())
    const { messageId } = refusal
    const row = this.#deps.store.messages.find(this.#actor.streamId, messageId, 'out')
    if (row === null) return
    const send = row as Send
    this.#refusals.add(send, row.seq, refusal)
    this.#chain(send.chatId, async () => {
      if (this.#refusals.isDue(messageId)) await this.#transmitNow(send)
    })
  }

  /** Everything that waits fails for good; what had left already is unknown. */
  async failAll(code: string, error: string): Promise<void> {
    for (const row of this.#deps.store.messages.unsent(this.#actor.streamId)) {
      await this.#giveUp(row, code, error)
    }
  }

  /** The send has waited for SEND_MAX_AGE_MS and no connection came for it. */
  async expire(messageId: string): Promise<void> {
    const row = this.#deps.store.messages.find(this.#actor.streamId, messageId, 'out')
    // A chain that has it in hand looks at its age itself.
    const goesAgain = this.#refusals.isDue(messageId) && this.#carries(this.#actor.socket)
    if (row !== null && !goesAgain && !this.#moving.has(messageId)) await this.#giveUp(row, EXPIRED, TOO_OLD)
  }

  #transmit(send: Send): void {
    // What cannot go now is taken up by the next open.
    if (this.#moving.has(send.messageId) || !this.#carries(this.#actor.socket)) return
    this.#moving.add(send.messageId)
    const through = this.#chain(send.chatId, () => this.#transmitNow(send))
    void through.finally(() => this.#moving.delete(send.messageId))
  }

  /** Does some work once all that came before in this chat is done. */
  #chain(chatId: string, work: () => Promise<void>): Promise<void> {
    const before = this.#chats.get(chatId) ?? Promise.resolve()
    const mine = before
      .then(() => this.#actor.guard(work))
      .finally(() => {
        if (this.#chats.get(chatId) === mine) this.#chats.delete(chatId)
      })
    this.#chats.set(chatId, mine)
    return mine
  }

  /** Waits for the session's pace; what WhatsApp refused for it meanwhile goes first. */
  async #transmitNow(send: Send): Promise<void> {
    const { socket } = this.#actor
    const carries = () => this.#carries(socket)
    if ((await this.#files.prepare(send)) === null) return
    while (carries()) {
      const next = await this.#turn(send, carries)
      if (next === null) return
      this.#refusals.leaves(next.messageId)
      await this.#hand(next)
      if (next.messageId === send.messageId) return
    }
  }

  /** Resolves with what is to leave, once it may; with null when the connection is lost. */
  async #turn(send: Send, carries: () => boolean): Promise<Send | null> {
    const { clock } = this.#deps
    const place = this.#line.enter()
    try {
      while (carries()) {
        const next = this.#refusals.nextIn(send.chatId) ?? send
        const now = clock.now()
        // It fails, and costs nobody a turn.
        if (this.#isTooOld(next)) return next
        const at = this.#rate.nextAt(now, this.#line.ahead(place))
        if (at <= now) {
          this.#rate.take(now)
          return next
        }
        await this.#actor.until(() => !carries(), at)
      }
      return null
    } finally {
      this.#line.leave(place)
    }
  }

  #isTooOld({ messageId, at, attempts }: Send): boolean {
    // What was refused is no transmission that may have arrived.
    if (attempts >= TRANSMISSIONS && this.#refusals.of(messageId) === null) return true
    return this.#deps.clock.now() - at > this.#deps.maxAgeMs
  }

  /** Hands one send to the connection, until it takes it. */
  async #hand(send: Send): Promise<void> {
    const { messageId, chatId } = send
    const content = await this.#files.prepare(send)
    if (content === null) return
    const { clock } = this.#deps
    const actor = this.#actor
    const { socket } = actor
    for (let sent = false; !sent; ) {
      if (!this.#carries(socket)) return
      if (this.#isTooOld(send)) return this.#giveUp(send, EXPIRED, TOO_OLD)
      try {
        if (this.#newChats.pausedFor(clock.now()) > 0) await this.#mustBeKnown(chatId)
        await socket.send(messageId, content)
        sent = true
      } catch (error) {
        if (!(error instanceof GatewayError && error.retryable)) {
          const known = error instanceof GatewayError
          const why = known ? error.message : 'The message could not be built or encrypted.'
          return this.#giveUp(send, known ? error.code : UNSENDABLE, why)
        }
        // What follows in this chat waits, too.
        if (await actor.until(() => !this.#carries(socket), clock.now() + SEND_AGAIN)) return
      }
    }
    await this.#journal.transmitted(messageId, chatId)
  }

  /** While new chats are paused: throws NEW_CHATS_PAUSED for somebody whom this session never wrote with. */
  async #mustBeKnown(chatId: string): Promise<void> {
    const { store, clock } = this.#deps
    const { streamId, socket } = this.#actor
    const phone = /^(\d+)@s\.whatsapp\.net$/.exec(chatId)?.[1]
    if (inGroup(chatId) || store.messages.knowsChat(streamId, [chatId])) return
    // A person may have written under the other name.
    const found = phone && this.#carries(socket) ? await socket.chats.lookup(phone).catch(() => null) : null
    if (found?.lid && store.messages.knowsChat(streamId, [found.lid])) return
    const retryAfterSeconds = Math.ceil(this.#newChats.pausedFor(clock.now()) / 1000)
    throw new GatewayError('NEW_CHATS_PAUSED', PAUSED, { retryAfterSeconds })
  }

  /** Whether sends go through this socket now. */
  #carries(socket: WhatsAppSocket | null): socket is WhatsAppSocket {
    return socket !== null && socket === this.#pumped && socket === openSocketOf(this.#actor)
  }

  /** Ends a send: it failed, or nobody knows if it has left before. */
  async #giveUp({ messageId, chatId }: Pick<Send, 'messageId' | 'chatId'>, code: string, error: string) {
    const status = this.#journal.statusOf(messageId)
    const at = this.#deps.clock.now()
    const refusal = this.#refusals.of(messageId)
    if (refusal !== null) await this.#record(chatId, { ...refusal, at })
    else if (status === 'queued') await this.#record(chatId, { messageId, status: 'failed', at, code, error })
    else if (movesForward(status, 'unknown'))
      await this.#record(chatId, { messageId, status: 'unknown', at, error: NEVER_ACKED })
  }

  async #record(chatId: string, fate: Fate): Promise<void> {
    this.#refusals.forget(fate.messageId)
    await this.#journal.became(chatId, fate)
  }
}

const TOO_OLD = 'It waited for a connection longer than SEND_MAX_AGE_MS.'
const PAUSED =
  'WhatsApp does not let this account write to anybody new for now; answers to chats that it knows go on. Try again later.'
const NEVER_ACKED = 'It left, and WhatsApp never said that it has it.'
