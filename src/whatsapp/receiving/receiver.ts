import type { EventEmitter } from 'node:events'
import { type BaileysEventMap, proto, type WAMessage, type WAMessageKey } from '@whiskeysockets/baileys'
import type { Logger } from 'pino'
import type { Clock } from '../../base/clock.ts'
import { GatewayError } from '../../base/errors.ts'
import type { InboxRow } from '../../ports/key-store.ts'
import type { Store } from '../../ports/store.ts'
import type { ReceivedMessage, SocketOwner } from '../../ports/whatsapp.ts'
import type { AuthState } from '../keys/auth-state.ts'
import { isPaired, readCreds } from '../keys/creds.ts'
import { type DecryptOnce, type Me, rebuild } from '../keys/decrypt-once.ts'
import { decodeKey } from '../keys/key-codec.ts'
import { ArrivalOrder } from '../patches/arrival-order.ts'
import { takeTurns } from '../patches/chat-serializer.ts'
import { origin } from '../patches/unhandled-rejections.ts'
import { receiptStatus } from '../message-status.ts'
import { ignoredChats, type WhatsAppConfig } from '../baileys-settings.ts'
import type { Wire } from '../socket/guarded-socket.ts'
import { resentIn } from './resent-messages.ts'
import { Placeholders } from './missing-messages.ts'
import { pollIn } from './poll-votes.ts'
import { type InboundContext, toInbound } from './to-received-message.ts'

/** What receiving needs besides a socket. */
export interface ReceiveDeps {
  store: Store
  config: WhatsAppConfig
  clock: Clock
  logger: Logger
}

const UNDECRYPTABLE = 2
const IMPORTED_AT_ONCE = 200
/** One line for that many messages that could not be decrypted: a peer with a broken session sends them in floods. */
const LOG_EVERY = 100

/** Hands what one socket received to its owner, each message once, and finishes the inbox rows that need no owner. */
export class Receiver {
  readonly #deps: ReceiveDeps
  readonly #owner: SocketOwner
  readonly #auth: AuthState
  readonly #once: DecryptOnce
  readonly #updated: SocketOwner['updated']
  readonly #subjectOf: (jid: string) => string | null
  readonly #working = new Set<Promise<void>>()
  readonly #order = new ArrivalOrder()
  readonly #placeholders = new Placeholders()
  #undecryptable = 0

  constructor(
    deps: ReceiveDeps,
    owner: SocketOwner,
    auth: AuthState,
    once: DecryptOnce,
    updated: SocketOwner['updated'],
    subjectOf: (jid: string) => string | null = () => null,
  ) {
    this.#deps = deps
    this.#owner = owner
    this.#auth = auth
    this.#once = once
    this.#updated = updated
    this.#subjectOf = subjectOf
  }

  /** Must be called before Baileys gets a stanza; `ws` is the socket's, `hold` its wire's. */
  watch(ws: EventEmitter, hold: Wire['hold']): void {
    takeTurns(ws)
    this.#order.watch(ws)
    this.#once.watch(ws, hold, ignoredChats(this.#deps.config))
  }

  /** `messages.upsert`: `append` is what waited at WhatsApp while we were away, not history. */
  upserted({ messages, type }: BaileysEventMap['messages.upsert']): void {
    const context = this.#context()
    const received: ReceivedMessage[] = []
    const done: string[] = []
    for (const message of messages) {
      const rows = this.#once.handedOver(message.key)
      const status = message.key.fromMe ? receiptStatus(message.status) : null
      // A receipt within 100 ms of a send is merged into its upsert.
      if (status && message.key.id) {
        this.#updated({ messageId: message.key.id, status, at: this.#deps.clock.now() })
      }
      if (message.messageStubType === UNDECRYPTABLE) this.#countUndecryptable()
      const offline = this.#order.handedOver(message.key.id, type)
      const inbound = toInbound(message, offline, context)
      if ('ignored' in inbound) {
        // Its rows may hold more than Baileys made of them: answers of the phone, or a text that a stub took the place of.
        const [inside, rest] = this.#sort(rows, messages)
        received.push(...inside)
        done.push(...rest)
      } else if (this.#isKnown(inbound.dedupeKey)) done.push(...rows.map(row => row.hash))
      else {
        // The parts before the last carry keys of a group.
        done.push(...rows.slice(0, -1).map(row => row.hash))
        received.push({ ...inbound, inboxHash: rows.at(-1)?.hash ?? null })
      }
    }
    this.#handOver(received, done)
  }

  /** `messaging-history.set`: kept in commits of some hundred messages, one after the other. */
  imported({ messages }: BaileysEventMap['messaging-history.set']): void {
    const arrived: InboxRow[] = []
    // Baileys makes history of a message that arrived while it held its events and that history has, too.
    const history = messages.filter(({ key }) => {
      const rows = this.#once.handedOver(key)
      arrived.push(...rows)
      if (rows.length > 0) this.#order.handedOver(key.id, 'append')
      return rows.length === 0
    })
    // A phone lists the newest first.
    history.reverse().sort((a, b) => Number(a.messageTimestamp) - Number(b.messageTimestamp))
    if (arrived.length > 0) this.#handOver(...this.#sort(arrived))
    // Nobody is told of history: what its groups are called need not be asked.
    const context = { ...this.#context(), inboundFromMe: true, subjectOf: () => null }
    const kept = async () => {
      for (let from = 0; from < history.length; from += IMPORTED_AT_ONCE) {
        const chunk = history.slice(from, from + IMPORTED_AT_ONCE).flatMap((message): ReceivedMessage[] => {
          const inbound = toInbound(message, false, context)
          return 'ignored' in inbound ? [] : [{ ...inbound, inboxHash: null, imported: true }]
        })
        if (chunk.length > 0) await this.#owner.received(chunk)
      }
    }
    this.#track(kept(), history.length)
  }

  /** The messages that our phone is still to send, because WhatsApp had only placeholders of them. */
  absent(): WAMessage[] {
    return this.#placeholders.all()
  }

  /** What was decrypted when the socket ended and that Baileys will never hand over. */
  leftovers(): void {
    const rows = this.#once.leftovers()
    if (rows.length > 0) this.#handOver(...this.#sort(rows))
  }

  /** Finishes the rows of earlier sockets that hold no message and wait for none, or one that is in the log. */
  tidy(): void {
    const rows = this.#deps.store.keys.unfinished(this.#owner.streamId)
    if (rows.length > 0) this.#handOver([], this.#sort(rows)[1])
  }

  /** Resolves when all that was handed over is durable or failed. */
  async settled(): Promise<void> {
    await Promise.all(this.#working)
  }

  #handOver(messages: ReceivedMessage[], done: string[]): void {
    const came = messages.map(({ dedupeKey }) => this.#placeholders.came(dedupeKey))
    const work = async () => {
      if (messages.length > 0) await this.#owner.received(messages)
      await this.#auth.done([...done, ...came.filter(hash => hash !== null)])
    }
    this.#track(work(), messages.length)
  }

  #track(work: Promise<void>, messages: number): void {
    const { sessionId } = this.#owner
    const failed = (error: unknown) => {
      // A stop leaves them where the next start looks for them.
      const level = error instanceof GatewayError && error.code === 'SHUTTING_DOWN' ? 'debug' : 'error'
      this.#deps.logger[level](
        { sessionId, messages, ...origin(error) },
        'received messages wait in the inbox',
      )
    }
    const working: Promise<void> = work.catch(failed).finally(() => this.#working.delete(working))
    this.#working.add(working)
  }

  /** The messages in some rows and the hashes of the rows without any; `fuller` is what Baileys knows of the same messages. */
  #sort(rows: InboxRow[], fuller: WAMessage[] = []): [ReceivedMessage[], string[]] {
    if (rows.length === 0) return [[], []]
    const context = this.#context()
    const messages = readRows(rows, context, this.#deps, this.#owner.streamId, fuller)
    const wanted = new Set(messages.map(message => message.inboxHash))
    const waits = (row: InboxRow) => this.#placeholders.waits(row, context, key => this.#isKnown(key))
    return [messages, rows.filter(row => !wanted.has(row.hash) && !waits(row)).map(row => row.hash)]
  }

  #isKnown(dedupeKey: string): boolean {
    return this.#deps.store.messages.hasDedupeKey(this.#owner.streamId, dedupeKey)
  }

  #context(): InboundContext {
    const { me } = this.#auth.creds
    const names = { id: me?.id ?? '', lid: me?.lid ?? null }
    const mapped = (user: string) => this.#auth.mapped(user)
    return { ...inboundContext(this.#deps, this.#owner.streamId, names, mapped), subjectOf: this.#subjectOf }
  }

  #countUndecryptable(): void {
    if (this.#undecryptable++ % LOG_EVERY !== 0) return
    const { sessionId } = this.#owner
    this.#deps.logger.warn(
      { sessionId, count: this.#undecryptable },
      'a message could not be decrypted; asked again',
    )
  }
}

/** The messages of a stream that were decrypted before a crash and are not in the log. */
export function unfinishedMessages(deps: ReceiveDeps, streamId: string): ReceivedMessage[] {
  const rows = deps.store.keys.unfinished(streamId)
  if (rows.length === 0) return []
  const stored = readCreds(deps.store.keys, streamId)
  if (stored.found !== 'creds' || !isPaired(stored.creds)) return []
  const me: Me = { id: stored.creds.me!.id, lid: stored.creds.me!.lid ?? null }
  const mapped = (user: string) => mappedIn(deps.store, streamId, user)
  return readRows(rows, inboundContext(deps, streamId, me, mapped), deps, streamId)
}

/** One message per dedupe key, the oldest row first; rows without a message for Laravel give none. */
function readRows(
  rows: InboxRow[],
  context: InboundContext,
  { store, logger }: ReceiveDeps,
  streamId: string,
  fuller: WAMessage[] = [],
): ReceivedMessage[] {
  const found = new Map<string, ReceivedMessage>()
  for (const row of rows) {
    try {
      const { message, offline } = rebuild(row, context.me)
      // What the phone sends again lacks what Baileys knows from the placeholder.
      const resent = resentIn(message).map(
        ({ key, ...rest }) => fuller.find(isFuller(key)) ?? { key, ...rest },
      )
      for (const one of [message, ...resent]) {
        const inbound = toInbound(one, offline, context)
        if ('ignored' in inbound || store.messages.hasDedupeKey(streamId, inbound.dedupeKey)) continue
        if (!found.has(inbound.dedupeKey)) found.set(inbound.dedupeKey, { ...inbound, inboxHash: row.hash })
      }
    } catch (error) {
      logger.error({ streamId, ...origin(error) }, 'a decrypted stanza cannot be read; it is given up')
    }
  }
  return [...found.values()]
}

const isFuller =
  (key: WAMessageKey) =>
  ({ key: other, message }: WAMessage) =>
    other.id === key.id && other.remoteJid === key.remoteJid && message !== null && message !== undefined

/** What `AuthState.mapped` says, for a stream without a socket. */
function mappedIn(store: Store, streamId: string, user: string): string | null {
  const stored = store.keys.get(streamId, 'lid-mapping', [user])[user]
  const name = stored && decodeKey('lid-mapping', stored)
  return typeof name === 'string' ? name : null
}

function inboundContext(
  { store, config, clock }: ReceiveDeps,
  streamId: string,
  me: Me,
  mapped: (user: string) => string | null,
): InboundContext {
  return {
    me,
    inboundFromMe: config.inboundFromMe,
    inboundIgnore: config.inboundIgnore,
    foreignMediaHost: config.url !== undefined,
    lidForPn: mapped,
    pnForLid: user => mapped(`${user}_reverse`),
    pollOf(messageId) {
      const sent = store.messages.encoded(streamId, messageId)
      return sent && pollIn(proto.Message.decode(sent))
    },
    subjectOf: () => null,
    now: () => clock.now(),
  }
}
