import type { Clock } from '../../base/clock.ts'
import type { GatewayError } from '../../base/errors.ts'
import { Turns } from '../../base/turns.ts'
import type { SendContent } from '../../messages/send.ts'
import { isUnsent, movesForward } from '../../messages/status.ts'
import type { Mailbox } from '../../ports/cluster/mailbox.ts'
import type { MediaPreparer } from '../../ports/media/media-preparer.ts'
import type { MessageRow } from '../../ports/message-table.ts'
import type { SendOutcome } from '../../ports/sessions.ts'
import type { Store } from '../../ports/store.ts'
import type { SendUpdate, WhatsApp } from '../../ports/whatsapp.ts'
import type { SessionActor } from '../host/session-actor.ts'
import { SessionPeople } from '../people.ts'
import { notRunning, takesNoSends } from '../unavailable.ts'
import { Idempotency, type Promised } from './idempotency.ts'
import { Mail } from './mail.ts'
import { REACH_OUT_LOCKED, ReachOutLock } from './reach-out-lock.ts'
import { type Refusal, Refusals, TOO_FAST } from './refusals.ts'
import { checkReplyTarget } from './reply-target.ts'
import { newSecretFor, type Send } from './send.ts'
import { SendEndings } from './send-endings.ts'
import { SendFiles } from './send-files.ts'
import { SendLog } from './send-log.ts'
import { SendRate } from './send-rate.ts'
import { EXPIRED, failureOf, refusalOf, UNSENDABLE } from './send-results.ts'
import { TOO_OLD, Transmitter } from './transmitter.ts'
import { WaitingSends } from './waiting-sends.ts'

const TORN = 'Its stored row cannot be read.'

export interface OutboxSettings {
  /** A send older than this is not sent any more, in ms. */
  sendMaxAgeMs: number
  /** Sends of one session per minute; 0 is no limit. */
  sendPerMinute: number
  /** Whether Laravel is told what becomes of a send. */
  tellStatus: boolean
}

export interface OutboxDeps extends OutboxSettings {
  store: Store
  whatsapp: Pick<WhatsApp, 'newMessageId'>
  media: Pick<MediaPreparer, 'prepare'>
  clock: Clock
  /** Present where several nodes share the store. */
  mailbox?: Mailbox | undefined
}

/** On its way into the log. */
interface Accepted {
  send: Send
  durable: Promise<void>
  /** There is a socket that it can leave through now. */
  atOnce: boolean
}

/** What waits to be sent for one session: accepted, transmitted while it is open, and told what became of it. */
export class Outbox {
  readonly #deps: OutboxDeps
  readonly #actor: SessionActor
  readonly #people: SessionPeople
  readonly #log: SendLog
  readonly #waiting = new WaitingSends()
  /** Accepted while nothing can leave, and not durable yet. */
  readonly #arriving = new Set<Send>()
  /** Durable since the store was asked what a new socket has to take up; null while it is not asked. */
  #sinceAsked: Set<Send> | null = null
  /** In which sends are accepted, and what WhatsApp says of them is taken in: what asks the store is not overtaken. */
  readonly #accepting = new Turns()
  readonly #updates = new Turns()
  readonly #refusals = new Refusals()
  readonly #endings: SendEndings
  readonly #files: SendFiles
  readonly #rate: SendRate
  readonly #reachOut: ReachOutLock
  readonly #idempotency: Idempotency
  /** Null where one process has all sessions. */
  readonly #mail: Mail | null
  readonly #transmitter: Transmitter

  constructor(actor: SessionActor, deps: OutboxDeps) {
    const { clock, store, media, mailbox } = deps
    this.#actor = actor
    this.#deps = deps
    this.#people = new SessionPeople(store.people, actor.streamId)
    this.#log = new SendLog(actor, deps)
    this.#endings = new SendEndings(this.#log, this.#waiting, this.#refusals, clock)
    this.#files = new SendFiles(actor, media, this.#endings)
    this.#rate = new SendRate(deps.sendPerMinute, () => actor.context.slowdown)
    this.#reachOut = new ReachOutLock(actor, this.#people, deps)
    this.#idempotency = new Idempotency(actor.streamId, { ...deps, messages: store.messages }, this.#people)
    this.#mail = mailbox === undefined ? null : new Mail(actor.streamId, { ...deps, mailbox })
    this.#transmitter = new Transmitter(actor, {
      clock,
      maxAgeMs: deps.sendMaxAgeMs,
      log: this.#log,
      waiting: this.#waiting,
      endings: this.#endings,
      files: this.#files,
      rate: this.#rate,
      refusals: this.#refusals,
      reachOut: this.#reachOut,
      people: this.#people,
    })
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

  /** Throws SESSION_NOT_CONNECTED while the session takes no sends, NOT_READY if it does not run here any more. */
  check(): void {
    const refusal = this.#refusal()
    if (refusal !== null) throw refusal
  }

  #refusal(): GatewayError | null {
    const actor = this.#actor
    if (actor.can({ type: 'message.queued' })) return null
    return actor.ended && actor.deletion === 'no' ? notRunning() : takesNoSends(actor.sessionId, actor.state)
  }

  async #send(content: SendContent, deadline: number, promised?: Promised): Promise<SendOutcome> {
    const { clock, whatsapp, store } = this.#deps
    const actor = this.#actor
    this.check()
    await checkReplyTarget(content, store.messages, actor.streamId)
    if (this.#reachOut.lockedFor > 0)
      await this.#reachOut.check(content.to, this.#transmitter.currentSocket, { canWait: false })
    const { result, ...accepted } = await this.#accepting.take(async () => {
      const chatId = await this.#people.chatOf(content.to)
      // The session may have been logged out while the store was asked.
      this.check()
      const messageId = whatsapp.newMessageId()
      const result = this.#log.waitFor(messageId, deadline)
      return { result, ...this.#accept({ messageId, chatId, content, at: clock.now() }, promised) }
    })
    const { send, durable } = accepted
    await this.#goOn(accepted)
    const update = await Promise.race([result, durable.then(() => result)])
    await durable
    if (update?.status === 'failed') throw refusalOf(failureOf(update))
    const status = update?.status ?? 'queued'
    return { messageId: send.messageId, status, address: await this.#people.addressOf(content.to) }
  }

  /** A send is on its way into the log, in the turn of this call. */
  #accept(
    fresh: Pick<Send, 'messageId' | 'chatId' | 'content' | 'at'>,
    promised: Promised | undefined,
  ): Accepted {
    // What can go at once shares its commit with the ratchet, without which no byte leaves.
    const atOnce = this.#transmitter.currentSocket !== null
    const secret = newSecretFor(fresh.content)
    const { seq, durable } = this.#log.recordQueued({ ...fresh, secret }, { lazy: atOnce, promised })
    const send: Send = { ...fresh, seq, attempts: 0, secret }
    if (!atOnce) this.#arriving.add(send)
    return { send, durable, atOnce }
  }

  async #goOn({ send, durable, atOnce }: Accepted): Promise<void> {
    if (!atOnce) await this.#arrive(send, durable)
    // A link to a file may not live as long as a connection is away.
    void this.#files.prepare(send)
    if (atOnce) this.#transmitter.transmit(send)
  }

  /**
   * Takes over what was left for this session while nobody had it: it goes out before whatever is accepted from now on. Durable when this
   * resolves; what the session no longer takes has failed. `begins`: the session's machine does not run yet.
   */
  async readMail({ begins }: { begins: boolean }): Promise<void> {
    const mail = this.#mail
    if (mail === null) return
    const all = await this.#accepting.take(() =>
      mail.take(async ({ promised, ...send }) => {
        const chatId = await this.#people.chatOf(send.content.to)
        const accepted = this.#accept({ ...send, chatId }, promised ?? undefined)
        await accepted.durable.finally(() => this.#arriving.delete(accepted.send))
        return accepted
      }),
    )
    for (const accepted of all) {
      const refusal = this.#refusal()
      if (refusal !== null) await this.#endings.giveUp(accepted.send, 'SESSION_LOGGED_OUT', refusal.message)
      else if (!begins) await this.#goOn(accepted)
    }
  }

  /** It leaves in the order in which it was accepted, also when the session opens before it is durable. */
  async #arrive(send: Send, durable: Promise<void>): Promise<void> {
    try {
      await durable
      this.#sinceAsked?.add(send)
    } finally {
      this.#arriving.delete(send)
    }
    this.#actor.tell({ type: 'wake.requested' })
  }

  /** Whether something waits or leaves now; what has no ack yet stands in the store alone. */
  get isBusy(): boolean {
    return this.#arriving.size + this.#waiting.size + this.#files.size > 0 || this.#transmitter.isWriting()
  }

  /** Takes up what was queued or never acked, after the session opened. What is accepted meanwhile leaves in its place. */
  async resume(): Promise<void> {
    const actor = this.#actor
    const { socket } = actor
    const since = new Set<Send>()
    this.#sinceAsked = since
    try {
      const rows = await this.#deps.store.messages.unsent(actor.streamId)
      const sends = await Promise.all(rows.map(row => this.#asSend(row)))
      // The next socket asks again.
      if (actor.socket !== socket) return
      this.#transmitter.resume()
      for (const [i, row] of rows.entries()) {
        if (!isUnsent(this.#log.progressOf(row))) continue
        if (row.unreadable) void actor.guard(() => this.#endings.giveUp(row, UNSENDABLE, TORN))
        else this.#transmitter.transmit(sends[i]!)
      }
      for (const send of [...since, ...this.#arriving]) this.#transmitter.transmit(send)
    } finally {
      if (this.#sinceAsked === since) this.#sinceAsked = null
    }
  }

  /** Records what WhatsApp says about a send, durable when this resolves; anything that would move it backwards is dropped. */
  async updated(update: SendUpdate): Promise<void> {
    const { durable } = await this.#updates.take(async () => {
      const known = await this.#log.find(update.messageId)
      return { durable: known && this.#take(update, known) }
    })
    await durable
  }

  async #take(update: SendUpdate, known: Pick<MessageRow, 'chatId' | 'status'>): Promise<void> {
    const { messageId, status } = update
    // Said twice, it may not be in the log yet.
    if (!movesForward(known.status, status)) return this.#actor.durable()
    if (status === 'failed' && (update.code === TOO_FAST || update.backoff)) return this.#sendAgain(update)
    if (status === 'failed' && update.code === REACH_OUT_LOCKED) this.#reachOut.refused()
    const waited = this.#waiting.has(messageId)
    await this.#endings.record(known.chatId, update)
    if (waited) this.#transmitter.goOn(known.chatId)
  }

  /** WhatsApp refused it for the session's pace: it goes out again, slower and before what follows in its chat. */
  async #sendAgain(refusal: Refusal): Promise<void> {
    const slowdown = this.#rate.complained(this.#deps.clock.now(), refusal.backoff)
    if (slowdown !== null) this.#actor.tell({ type: 'sends.slowed', ...slowdown })
    const row = await this.#deps.store.messages.find(this.#actor.streamId, refusal.messageId, 'out')
    if (row === null || row.unreadable) return
    const send = await this.#asSend(row)
    this.#refusals.add(refusal)
    const error = failureOf(refusal)
    const noted = this.#actor.change({ messages: [{ refused: { messageId: refusal.messageId, error } }] })
    this.#transmitter.resend(send)
    await noted
  }

  /** Its chat may have another name by now, and WhatsApp may have refused it in an earlier life of the process. */
  async #asSend(row: MessageRow): Promise<Send> {
    if (row.error !== null) this.#refusals.restore(row.messageId, row.error)
    return { ...(row as Send), chatId: await this.#people.chatOf(row.chatId) }
  }

  /** Everything that waits fails for good; what had left already is unknown. */
  async failAll(code: string, error: string): Promise<void> {
    for (const row of await this.#deps.store.messages.unsent(this.#actor.streamId)) {
      await this.#endings.giveUp(await this.#asSend(row), code, error)
    }
  }

  /** The send has waited for SEND_MAX_AGE_MS. */
  async expire(messageId: string): Promise<void> {
    const row = await this.#deps.store.messages.find(this.#actor.streamId, messageId, 'out')
    if (row === null) return
    const send = await this.#asSend(row)
    await this.#log.find(messageId)
    // What the socket has in hand may just be leaving.
    if (this.#transmitter.isWriting(messageId)) return
    await this.#endings.giveUp(send, EXPIRED, TOO_OLD)
    this.#transmitter.goOn(row.chatId)
  }
}
