import type { EventEmitter } from 'node:events'
import type { BaileysEventMap, BinaryNode, WAMessage } from '@whiskeysockets/baileys'
import { GatewayError } from '../../base/errors.ts'
import type { InboxRow } from '../../ports/key-store.ts'
import type { ReceivedMessage, SocketOwner } from '../../ports/whatsapp.ts'
import { ignoredChats } from '../baileys-settings.ts'
import type { ChatTimers } from '../disappearing/chat-timers.ts'
import { timerIn, timersInHistory } from '../disappearing/timers-in.ts'
import { summaryOf } from '../error-summary.ts'
import { accountJid } from '../jid.ts'
import type { AuthState } from '../keys/auth-state.ts'
import type { DecryptOnce } from '../keys/decrypt-once.ts'
import { encodedMessageIn, withNewer } from '../keys/inbox-rows.ts'
import { ArrivalOrder } from '../patches/arrival-order.ts'
import { serializeChats } from '../patches/chat-serializer.ts'
import { AwaitedOriginals } from './awaited-originals.ts'
import { historyBatches } from './history.ts'
import { messagesInRows, type ReceiveDeps, unreadOf, withOriginals } from './inbox-messages.ts'
import { MissingMessages } from './missing-messages.ts'
import { type TranslatedMessage, type TranslationContext, toReceivedMessage } from './to-received-message.ts'
import { translationContext } from './translation-context.ts'
import { ViewOnceNotices } from './view-once-notices.ts'

export interface ReceiverParts {
  deps: ReceiveDeps
  owner: SocketOwner
  auth: Pick<AuthState, 'creds' | 'finishInbox'>
  decryptOnce: Pick<DecryptOnce, 'watch' | 'takeRows' | 'takeAllRows'>
  groups: { subjectOf(jid: string): string | null }
  timers: Pick<ChatTimers, 'of' | 'learn'>
}

/** WAMessageStubType.CIPHERTEXT */
const UNDECRYPTABLE = 2
/** One line for that many messages that could not be decrypted or opened: a peer with a broken session sends them in floods. */
const LOG_EVERY = 100

/** Hands what one socket received to its owner, each message once, and finishes the inbox rows that need no owner. */
export class Receiver {
  readonly #parts: ReceiverParts
  readonly #handingOver = new Set<Promise<void>>()
  readonly #order = new ArrivalOrder()
  readonly #missing = new MissingMessages()
  readonly #notices: ViewOnceNotices
  readonly #awaited = new AwaitedOriginals()
  /** What is being handed over: what is about it may be here before it is in the store. */
  readonly #arriving = new Set<ReceivedMessage[]>()
  #undecryptable = 0
  #unopened = 0

  constructor(parts: ReceiverParts) {
    this.#parts = parts
    this.#notices = new ViewOnceNotices(parts.deps.clock, notice => this.#handOverNotice(notice))
  }

  /** Must be called before Baileys gets a stanza; `ws` is the socket's. */
  watch(ws: EventEmitter): void {
    const { decryptOnce, deps, owner } = this.#parts
    const { tracing } = deps
    serializeChats(ws)
    this.#order.watch(ws)
    decryptOnce.watch(ws, ignoredChats(deps.config), stub => this.#handOverRows([stub]))
    if (tracing)
      ws.prependListener('CB:message', ({ attrs }: BinaryNode) => tracing.arrived(owner, attrs.id ?? ''))
  }

  /** `messages.upsert`: `append` is what waited at WhatsApp while we were away, not history. */
  handleUpsert({ messages, type }: BaileysEventMap['messages.upsert']): void {
    const { decryptOnce } = this.#parts
    const received: ReceivedMessage[] = []
    const context = this.#context(received)
    const done: string[] = []
    for (const given of messages) {
      const { rows, again } = decryptOnce.takeRows(given.key)
      const message = withNewer(given, rows)
      if (message.messageStubType === UNDECRYPTABLE) this.#countUndecryptable()
      const offline = this.#order.handedOver(message.key.id, type)
      if (again) continue
      const translated = this.#translate(message, offline, context)
      if (translated === null) continue
      if ('awaits' in translated) this.#countUnopened(translated.ignored)
      if ('ignored' in translated || (translated.noticeOf && rows.length > 0)) {
        // Its rows may hold more than Baileys made of them: answers of the phone, or a text that a stub took the place of.
        const inRows = this.#sortRows(rows, messages, received)
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
    this.#handOver(received, done)
  }

  /** `messaging-history.set`: kept in commits of some hundred messages, one after the other. */
  handleHistory({ messages, chats }: BaileysEventMap['messaging-history.set']): void {
    const { decryptOnce, deps, owner, timers } = this.#parts
    timers.learn(timersInHistory(chats))
    const arrived: InboxRow[] = []
    // Baileys makes history of a message that arrived while it held its events and that history has, too.
    const history = messages.filter(({ key }) => {
      const { rows } = decryptOnce.takeRows(key)
      arrived.push(...rows)
      if (rows.length > 0) this.#order.handedOver(key.id, 'append')
      return rows.length === 0
    })
    let unreadable = 0
    const leftOut = (error: unknown) => {
      if (unreadable++ > 0) return
      const about = { session_id: owner.sessionId, ...summaryOf(error) }
      deps.logger.error(about, 'a message of a history cannot be read; it is left out, as are others like it')
    }
    const { history: kind = 'full', historyMaxAgeMs } = deps.config
    const since = historyMaxAgeMs ? deps.clock.now() - historyMaxAgeMs : Number.NEGATIVE_INFINITY
    const batches = historyBatches(history, this.#context(), { kind, since, leftOut })
    if (arrived.length > 0) this.#handOverRows(arrived)
    const keep = async () => {
      for (const batch of batches) {
        await owner.received(batch)
        const opened = this.#awaited.take(batch)
        if (opened.length > 0) this.#handOverRows(opened)
      }
    }
    this.#track(keep(), history.length)
  }

  /** The messages that our phone is still to send, because WhatsApp had only placeholders of them. */
  missing(): WAMessage[] {
    return this.#missing.all()
  }

  /** The socket has ended: what was decrypted and Baileys will never hand over. */
  handOverRest(): void {
    const rows = this.#parts.decryptOnce.takeAllRows()
    if (rows.length > 0) this.#handOverRows(rows)
    this.#notices.end()
  }

  /** What earlier sockets left in the inbox: messages that could not be handed over then, and rows that hold none. */
  handOverOldRows(): void {
    const rows = this.#parts.deps.store.keys.unfinished(this.#parts.owner.streamId)
    if (rows.length > 0) this.#handOverRows(rows)
  }

  /** Resolves when all that was handed over is durable or failed. */
  async settled(): Promise<void> {
    await Promise.all(this.#handingOver)
  }

  #handOverRows(rows: InboxRow[]): void {
    const { messages, done } = this.#sortRows(rows)
    this.#handOver(messages, done)
  }

  #handOver(messages: ReceivedMessage[], done: string[]): void {
    for (const one of messages) if (one.noticeOf) this.#notices.hold(one, one.noticeOf)
    this.#handOverNow(
      messages.filter(({ noticeOf }) => noticeOf === undefined),
      done,
    )
  }

  #handOverNotice(notice: ReceivedMessage): void {
    const { noticeOf, inboxHash } = notice
    if (noticeOf === undefined || !this.#isKnown(noticeOf)) this.#handOverNow([notice], [])
    else if (inboxHash !== null) this.#handOverNow([], [inboxHash])
  }

  #handOverNow(messages: ReceivedMessage[], done: string[]): void {
    const { auth, owner } = this.#parts
    const opened = this.#sortRows(this.#awaited.take(messages), [], messages)
    messages.push(...opened.messages)
    done.push(...opened.done)
    const waited = messages.flatMap(({ dedupeKey }) => [
      this.#missing.arrived(dedupeKey),
      this.#notices.arrived(dedupeKey),
    ])
    this.#arriving.add(messages)
    const handOver = async () => {
      try {
        if (messages.length > 0) await owner.received(messages)
      } finally {
        this.#arriving.delete(messages)
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

  /**
   * The messages in some rows and the hashes of the rows without any; `fuller` is what Baileys knows of the same messages, `before`
   * what is handed over before them.
   */
  #sortRows(
    rows: InboxRow[],
    fuller: WAMessage[] = [],
    before: ReceivedMessage[] = [],
  ): { messages: ReceivedMessage[]; done: string[] } {
    if (rows.length === 0) return { messages: [], done: [] }
    const { deps, owner } = this.#parts
    const context = this.#context(before)
    const { messages, waiting, failed } = messagesInRows(rows, context, deps, owner.streamId, fuller, one =>
      this.#learnTimer(one),
    )
    const wanted = new Set([
      ...messages.map(message => message.inboxHash),
      ...[...waiting, ...failed].map(({ row }) => row.hash),
    ])
    const isMissing = (row: InboxRow) => this.#missing.isMissing(row, context, key => this.#isKnown(key))
    const done = rows.filter(row => !wanted.has(row.hash) && !isMissing(row)).map(row => row.hash)
    return { messages, done: [...done, ...this.#awaited.wait(waiting)] }
  }

  /** Null for what cannot be read: it ends no socket, and its rows wait for the next one. */
  #translate(message: WAMessage, offline: boolean, context: TranslationContext): TranslatedMessage | null {
    try {
      this.#learnTimer(message)
      return toReceivedMessage(message, offline, context)
    } catch (error) {
      const { deps, owner } = this.#parts
      deps.logger.error(
        { session_id: owner.sessionId, ...summaryOf(error) },
        'a message cannot be read; it waits in the inbox',
      )
      return null
    }
  }

  #learnTimer(message: WAMessage): void {
    const { timers } = this.#parts
    const chat = accountJid(message.key.remoteJid)
    const timer = chat && timerIn(message, chat, () => timers.of(chat))
    if (timer) timers.learn([timer])
  }

  #isKnown(dedupeKey: string): boolean {
    const { deps, owner } = this.#parts
    return deps.store.messages.hasDedupeKey(owner.streamId, dedupeKey)
  }

  /** `arriving` is what will be handed over next. */
  #context(arriving: ReceivedMessage[] = []): TranslationContext {
    const { deps, owner, auth, groups } = this.#parts
    const { me } = auth.creds
    const own = { id: me?.id ?? '', lid: me?.lid ?? null }
    const context = translationContext(deps, owner.streamId, own)
    const known = { ...context, subjectOf: (jid: string) => groups.subjectOf(jid) }
    return withOriginals(known, () => [...this.#arriving].flat().concat(arriving))
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
