import type { EventEmitter } from 'node:events'
import type { BaileysEventMap, BinaryNode, WAMessage } from '@whiskeysockets/baileys'
import { GatewayError, isUnanswered } from '../../base/errors.ts'
import { Turns } from '../../base/turns.ts'
import type { InboxRow } from '../../ports/key-store.ts'
import type { ReceivedMessage } from '../../ports/whatsapp.ts'
import { ignoredChats } from '../baileys-settings.ts'
import { timersInHistory } from '../disappearing/timers-in.ts'
import { summaryOf } from '../error-summary.ts'
import type { AuthState } from '../keys/auth-state.ts'
import type { DecryptOnce } from '../keys/decrypt-once.ts'
import { encodedMessageIn, withNewer } from '../keys/inbox-rows.ts'
import { ArrivalOrder } from '../patches/arrival-order.ts'
import { serializeChats } from '../patches/chat-serializer.ts'
import { historyBatches } from './history.ts'
import { unreadOf } from './inbox-messages.ts'
import { MessageReader, type ReaderParts } from './message-reader.ts'
import { ViewOnceNotices } from './view-once-notices.ts'

export interface ReceiverParts extends ReaderParts {
  auth: Pick<AuthState, 'creds' | 'finishInbox'>
  decryptOnce: Pick<DecryptOnce, 'watch' | 'takeRows' | 'takeAllRows'>
  /** What the stanza of a message says of people is learnt before the message is read. */
  people: { settled(): Promise<void> }
}

/** WAMessageStubType.CIPHERTEXT */
const UNDECRYPTABLE = 2
/** One line for that many messages that could not be decrypted or opened: a peer with a broken session sends them in floods. */
const LOG_EVERY = 100

/** Hands what one socket received to its owner, each message once, and finishes the inbox rows that need no owner. */
export class Receiver {
  readonly #parts: ReceiverParts
  readonly #handingOver = new Set<Promise<void>>()
  /** In which what arrived is read: while the store is asked for one, the next must not overtake it. */
  readonly #turns = new Turns()
  #unanswered: GatewayError | null = null
  readonly #order = new ArrivalOrder()
  readonly #reader: MessageReader
  readonly #notices: ViewOnceNotices
  #undecryptable = 0
  #unopened = 0

  constructor(parts: ReceiverParts) {
    this.#parts = parts
    this.#reader = new MessageReader(parts)
    this.#notices = new ViewOnceNotices(parts.deps.clock, notice => this.#handOverNotice(notice))
  }

  /** Must be called before Baileys gets a stanza; `ws` is the socket's. */
  watch(ws: EventEmitter): void {
    const { decryptOnce, deps, owner } = this.#parts
    const { tracing } = deps
    serializeChats(ws)
    this.#order.watch(ws)
    decryptOnce.watch(ws, ignoredChats(deps.config), stub => this.#handOverRows(() => [stub]))
    if (tracing)
      ws.prependListener('CB:message', ({ attrs }: BinaryNode) => tracing.arrived(owner, attrs.id ?? ''))
  }

  /**
   * `messages.upsert`: `append` is what waited at WhatsApp while we were away, not history. Resolves when they were read and are being
   * handed over; rejects when the store cannot be read.
   */
  handleUpsert({ messages, type }: BaileysEventMap['messages.upsert']): Promise<void> {
    const { decryptOnce } = this.#parts
    const arrived = messages.map(given => ({
      given,
      offline: this.#order.handedOver(given.key.id, type),
      taken: decryptOnce.takeRows(given.key),
    }))
    return this.#inTurn(() => this.#read(arrived))
  }

  async #read(
    arrived: { given: WAMessage; offline: boolean; taken: ReturnType<DecryptOnce['takeRows']> }[],
  ): Promise<void> {
    const messages = arrived.map(({ given }) => given)
    await this.#parts.people.settled()
    const received: ReceivedMessage[] = []
    const done: string[] = []
    for (const { given, offline, taken } of arrived) {
      const { rows, again } = await taken
      const message = withNewer(given, rows)
      if (message.messageStubType === UNDECRYPTABLE) this.#countUndecryptable()
      if (again) continue
      const translated = await this.#reader.translate(message, offline, received)
      if (translated === null) continue
      if ('awaits' in translated) this.#countUnopened(translated.ignored)
      if ('ignored' in translated || (translated.noticeOf && rows.length > 0)) {
        // Its rows may hold more than Baileys made of them: answers of the phone, or a text that a stub took the place of.
        const inRows = await this.#reader.sortRows(rows, messages, received)
        received.push(...inRows.messages)
        done.push(...inRows.done)
      } else {
        // The parts before the last carry keys of a group.
        done.push(...rows.slice(0, -1).map(row => row.hash))
        const last = rows.at(-1)
        const unread = unreadOf(translated, last && encodedMessageIn(last))
        received.push({ ...translated, ...unread, inboxHash: last?.hash ?? null })
      }
    }
    await this.#handOver(received, done)
  }

  /** `messaging-history.set`: kept in commits of some hundred messages, one after the other. */
  handleHistory({ messages, chats }: BaileysEventMap['messaging-history.set']): void {
    const { decryptOnce, deps, owner, timers } = this.#parts
    void timers.learn(timersInHistory(chats))
    // Baileys makes history of a message that arrived while it held its events and that history has, too.
    const taken = messages.map(message => ({ message, rows: decryptOnce.takeRows(message.key) }))
    let unreadable = 0
    const leftOut = (error: unknown) => {
      if (unreadable++ > 0) return
      const about = { session_id: owner.sessionId, ...summaryOf(error) }
      deps.logger.error(about, 'a message of a history cannot be read; it is left out, as are others like it')
    }
    const { history: kind = 'full', historyMaxAgeMs } = deps.config
    const since = historyMaxAgeMs ? deps.clock.now() - historyMaxAgeMs : Number.NEGATIVE_INFINITY
    const sort = async () => {
      const history: WAMessage[] = []
      const arrived: InboxRow[] = []
      for (const { message, rows } of taken) {
        const own = (await rows).rows
        arrived.push(...own)
        if (own.length > 0) this.#order.handedOver(message.key.id, 'append')
        else history.push(message)
      }
      if (arrived.length > 0) await this.#handOverSorted(arrived)
      return history
    }
    const keep = async () => {
      const history = await this.#inTurn(sort)
      for await (const batch of historyBatches(history, this.#reader.context(), { kind, since, leftOut })) {
        await owner.received(batch)
        this.#handOverRows(() => this.#reader.awaited.take(batch))
      }
    }
    this.#track(keep(), messages.length)
  }

  /** The messages that our phone is still to send, because WhatsApp had only placeholders of them. */
  async missing(): Promise<WAMessage[]> {
    await this.#turns.settled()
    return this.#reader.missing.all()
  }

  /** The socket has ended: what was decrypted and Baileys will never hand over. */
  handOverRest(): void {
    const rows = this.#parts.decryptOnce.takeAllRows()
    this.#handOverRows(() => rows)
    this.#notices.end()
  }

  /** What earlier sockets left in the inbox: messages that could not be handed over then, and rows that hold none. */
  handOverOldRows(): Promise<void> {
    const { deps, owner } = this.#parts
    return this.#inTurn(async () => this.#handOverSorted(await deps.store.keys.unfinished(owner.streamId)))
  }

  /** Resolves when all that was handed over is durable or failed. */
  async settled(): Promise<void> {
    do {
      await this.#turns.settled()
      await Promise.all(this.#handingOver)
    } while (this.#handingOver.size > 0)
  }

  /** After a read that the store did not answer all that came later stays in the inbox, behind what it was for: the next socket begins there. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      if (this.#unanswered !== null) throw this.#unanswered
      try {
        return await work()
      } catch (error) {
        if (isUnanswered(error)) this.#unanswered = error
        throw error
      }
    })
  }

  #handOverRows(rows: () => InboxRow[] | Promise<InboxRow[]>): void {
    this.#track(
      this.#inTurn(async () => this.#handOverSorted(await rows())),
      0,
    )
  }

  async #handOverSorted(rows: InboxRow[]): Promise<void> {
    if (rows.length === 0) return
    const { messages, done } = await this.#reader.sortRows(rows)
    await this.#handOver(messages, done)
  }

  async #handOver(messages: ReceivedMessage[], done: string[]): Promise<void> {
    for (const one of messages) if (one.noticeOf) this.#notices.hold(one, one.noticeOf)
    await this.#handOverNow(
      messages.filter(({ noticeOf }) => noticeOf === undefined),
      done,
    )
  }

  #handOverNotice(notice: ReceivedMessage): void {
    const { noticeOf, inboxHash } = notice
    const read = async () => {
      if (noticeOf === undefined || !(await this.#reader.isKnown(noticeOf)))
        await this.#handOverNow([notice], [])
      else if (inboxHash !== null) await this.#handOverNow([], [inboxHash])
    }
    this.#track(this.#inTurn(read), 1)
  }

  /** In a turn. Resolves once it is being handed over. */
  async #handOverNow(messages: ReceivedMessage[], done: string[]): Promise<void> {
    const { auth, owner } = this.#parts
    const opened = await this.#reader.sortRows(this.#reader.awaited.take(messages), [], messages)
    messages.push(...opened.messages)
    done.push(...opened.done)
    const waited = messages.flatMap(({ dedupeKey }) => [
      this.#reader.missing.arrived(dedupeKey),
      this.#notices.arrived(dedupeKey),
    ])
    this.#reader.arriving.add(messages)
    const handOver = async () => {
      try {
        if (messages.length > 0) await owner.received(messages)
      } finally {
        this.#reader.arriving.delete(messages)
      }
      await auth.finishInbox([...done, ...waited.filter(hash => hash !== null)])
    }
    this.#track(handOver(), messages.length)
  }

  #track(work: Promise<void>, messages: number): void {
    const { deps, owner } = this.#parts
    const failed = (error: unknown) => {
      // A stop leaves them where the next start looks for them.
      const level = error instanceof GatewayError && error.code === 'SHUTTING_DOWN' ? 'debug' : 'error'
      deps.logger[level](
        { session_id: owner.sessionId, messages, ...summaryOf(error) },
        'received messages were not stored; they wait in the inbox or at WhatsApp',
      )
    }
    const tracked: Promise<void> = work.catch(failed).finally(() => this.#handingOver.delete(tracked))
    this.#handingOver.add(tracked)
  }

  #countUnopened(why: string): void {
    if (this.#unopened++ % LOG_EVERY !== 0) return
    const { deps, owner } = this.#parts
    deps.logger.info(
      { session_id: owner.sessionId, count: this.#unopened, why },
      'something sealed could not be opened, and nobody is told of it',
    )
  }

  #countUndecryptable(): void {
    if (this.#undecryptable++ % LOG_EVERY !== 0) return
    const { deps, owner } = this.#parts
    deps.logger.warn(
      { session_id: owner.sessionId, count: this.#undecryptable },
      'a message could not be decrypted; its sender is asked to send it again',
    )
  }
}
