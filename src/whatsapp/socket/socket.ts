import { createHash } from 'node:crypto'
import type { Agent } from 'node:https'
import type { Readable } from 'node:stream'
import {
  type AuthenticationCreds,
  type BaileysEventMap,
  type BinaryNode,
  initAuthCreds,
  makeWASocket,
  type WASocket,
} from '@whiskeysockets/baileys'
import { GatewayError } from '../../base/errors.ts'
import type { SendContent } from '../../messages/send.ts'
import type { QrVault } from '../../ports/qr-vault.ts'
import type { ChatActions, SocketFact, SocketOwner, WhatsAppSocket } from '../../ports/whatsapp.ts'
import type { SessionCaches } from '../session-caches.ts'
import { createChatActions } from '../chat-actions.ts'
import { classify, type Disconnect } from '../disconnects.ts'
import { Groups } from '../groups.ts'
import { digitsOf, lidOf } from '../jid.ts'
import { AuthState } from '../keys/auth-state.ts'
import { isPaired, type StoredCreds } from '../keys/creds.ts'
import { DecryptOnce, TRANSACTIONS } from '../keys/decrypt-once.ts'
import { SenderKeyMemory } from '../keys/sender-key-memory.ts'
import { PairingCode } from '../linking/pairing-code.ts'
import { unlinkDevice } from './logout.ts'
import { mendPrivacyTokens } from '../patches/privacy-tokens.ts'
import { origin } from '../patches/unhandled-rejections.ts'
import { InFlight } from '../pending-requests.ts'
import { type ReceiveDeps, Receiver } from '../receiving/receiver.ts'
import { receiptStatus } from '../message-status.ts'
import { Sends } from '../sending/message-sender.ts'
import { createNumbers } from '../sending/number-lookup.ts'
import { Protos } from '../sending/outgoing-payloads.ts'
import { commonSettings, FIRST_QR_MS, LATER_QR_MS, QRS } from '../baileys-settings.ts'
import { makeWired, type Wire } from './guarded-socket.ts'

export interface SocketDeps extends ReceiveDeps {
  vault: QrVault
  caches: SessionCaches
  /** Bytes of a file in the media store. */
  openFile(id: string): Promise<Readable | null>
  /** For a media host whose certificate nobody signed. */
  uploadAgent: Agent | null
}

/** How long an answer of WhatsApp may take, in ms. */
const ASK_MS = 15_000

/** Ended by us for a reason that disconnects.ts knows by its text. */
class Ended extends Error {
  readonly output: { statusCode: number }

  constructor(message: string, statusCode = 0) {
    super(message)
    this.output = { statusCode }
  }
}

/** One Baileys socket of one session. It reports facts in order, exactly one last one, and nothing after `end()`. */
export class Socket implements WhatsAppSocket {
  readonly #deps: SocketDeps
  readonly #owner: SocketOwner
  readonly #auth: AuthState
  readonly #receiver: Receiver
  readonly #sends: Sends
  readonly #inFlight: InFlight
  readonly #groups: Groups
  readonly chats: ChatActions
  readonly #socket: WASocket
  readonly #wire: Wire
  readonly #finished = Promise.withResolvers<void>()
  #paired: Promise<void> = Promise.resolve()
  #qrs = 0
  readonly #pairingCode: PairingCode | null
  #named: string | null = null
  #opened = false
  #unlinking: 'no' | 'asked' | 'sent' = 'no'
  #silent = false
  #finishing = false

  constructor(deps: SocketDeps, owner: SocketOwner, stored: Exclude<StoredCreds, { found: 'corrupt' }>) {
    this.#deps = deps
    this.#owner = owner
    const { store, clock, config, caches } = deps
    const { streamId } = owner
    const from = stored.found === 'creds' ? stored : { creds: initAuthCreds(), generation: -1 }
    this.#auth = new AuthState(
      store,
      caches.keys,
      owner,
      { ...from, creds: withoutLeftovers(from.creds) },
      error => this.#fail('Store Failed', error),
    )
    const once = new DecryptOnce(store, streamId, this.#auth, () => clock.now())
    this.#receiver = new Receiver(
      deps,
      owner,
      this.#auth,
      once,
      update => this.#update(update),
      jid => this.#groups.subjectOf(jid),
    )
    const memory = new SenderKeyMemory(this.#auth.keys)
    const make = () =>
      makeWASocket({
        ...commonSettings(config),
        ...(deps.uploadAgent && { fetchAgent: deps.uploadAgent }),
        ...caches.baileys,
        auth: { creds: this.#auth.creds, keys: memory.keys },
        transactionOpts: TRANSACTIONS,
        makeSignalRepository: once.makeSignalRepository,
        cachedGroupMetadata: jid => this.#groups.members(jid),
        getMessage: async ({ id }) => {
          return id ? protos.sent(id) : undefined
        },
      })
    const { socket, wire } = makeWired(make, {
      undecryptable: () => this.#fail('Undecryptable Frame'),
      refused: status => this.#end(new Ended(`Upgrade Refused (${status})`, status)),
      rejected: (event, error) =>
        this.#log('warn', { event, ...origin(error) }, 'Baileys failed to handle an event'),
    })
    mendPrivacyTokens(socket, this.#auth.keys)
    this.#socket = socket
    this.#wire = wire
    this.#pairingCode = this.#byCode()
    this.#inFlight = new InFlight(clock)
    this.#groups = new Groups(caches.groups, jid =>
      this.#inFlight.run(() => socket.groupMetadata(jid), ASK_MS),
    )
    const numbers = createNumbers(socket, caches.numbers, phone => {
      const user = this.#auth.mapped(phone)
      return user && `${user}@lid`
    })
    const protos = new Protos(
      {
        store,
        openFile: deps.openFile,
        upload: (...args) => socket.waUploadToServer(...args),
        me: () => this.#auth.creds.me?.id ?? '',
      },
      owner,
    )
    this.#sends = new Sends({
      relay: socket,
      devices: caches.baileys.userDevicesCache,
      memory,
      protos,
      numbers,
      inFlight: this.#inFlight,
      clock,
      onFailedRetry: update => this.#update(update),
    })
    this.chats = createChatActions(socket, numbers, work => this.#inFlight.run(work, ASK_MS))
    this.#receiver.watch(socket.ws, wire.hold)
    socket.ws.on('CB:ack,class:message', (ack: BinaryNode) => this.#guard(() => this.#acked(ack)))
    socket.ev.process(events => this.#guard(() => this.#handle(events)))
    // Baileys throws away what it has buffered when it ends.
    socket.registerSocketEndHandler(() => {
      socket.ev.flush()
    })
    this.#guard(() => this.#receiver.tidy())
  }

  send(messageId: string, content: SendContent): Promise<void> {
    if (this.#opened) return this.#sends.send(messageId, content)
    const sentence = 'The session is not connected yet'
    return Promise.reject(new GatewayError('SESSION_NOT_CONNECTED', sentence, { retryable: true }))
  }

  unlink(): void {
    if (this.#unlinking !== 'no' || this.#finishing) return
    this.#unlinking = 'asked'
    if (this.#opened) void this.#unlink()
  }

  async end(): Promise<void> {
    this.#silent = true
    this.#pairingCode?.end()
    this.#inFlight.end()
    this.#sends.end()
    this.#end(undefined)
    await this.#finished.promise
  }

  #handle(events: Partial<BaileysEventMap>): void {
    if (events['creds.update']) this.#credsUpdated(events['creds.update'])
    this.#groups.handle(events)
    if (events['messages.upsert']) this.#receiver.upserted(events['messages.upsert'])
    if (events['messaging-history.set']) this.#receiver.imported(events['messaging-history.set'])
    for (const { key, update } of events['messages.update'] ?? []) {
      const status = receiptStatus(update.status)
      const at = Number(update.messageTimestamp) * 1000 || this.#deps.clock.now()
      if (status && key.fromMe && key.id) this.#update({ messageId: key.id, status, at })
    }
    for (const { key, receipt } of events['message-receipt.update'] ?? []) {
      const seconds = Number(receipt.readTimestamp ?? receipt.receiptTimestamp)
      const status = receipt.readTimestamp ? 'read' : 'delivered'
      const at = seconds * 1000 || this.#deps.clock.now()
      if (key.fromMe && key.id) this.#update({ messageId: key.id, status, at })
    }
    if (events['connection.update']) this.#connectionUpdated(events['connection.update'])
  }

  #connectionUpdated({
    qr,
    isNewLogin,
    connection,
    lastDisconnect,
  }: BaileysEventMap['connection.update']): void {
    if (qr) this.#qr(qr)
    if (isNewLogin) this.#pair()
    if (connection === 'open') this.#open()
    if (connection === 'close') void this.#finish(lastDisconnect?.error)
  }

  #qr(text: string): void {
    const { vault, clock, config } = this.#deps
    const lifetime = config.qrTimeoutMs ?? (this.#qrs++ === 0 ? FIRST_QR_MS : LATER_QR_MS)
    const hash = createHash('sha256').update(text).digest('hex')
    const expiresAt = clock.now() + lifetime
    vault.put(this.#owner.sessionId, { hash, text, expiresAt })
    const offer = { type: 'socket.qr', hash, expiresAt } as const
    if (this.#pairingCode) this.#pairingCode.offered(offer)
    else this.#report(offer)
  }

  #byCode(): PairingCode | null {
    const { vault, clock, config } = this.#deps
    const { sessionId, phoneNumber } = this.#owner
    if (phoneNumber === null) return null
    const { qrTimeoutMs: each } = config
    return new PairingCode({
      socket: this.#socket,
      phoneNumber,
      clock,
      lifetimeMs: each === undefined ? FIRST_QR_MS + (QRS - 1) * LATER_QR_MS : QRS * each,
      keep: code => vault.putCode(sessionId, code),
      report: offer => this.#report(offer),
      refused: () => this.#log('warn', {}, 'WhatsApp gave no pairing code; the QR is offered'),
    })
  }

  /** What was offered to link a phone is good no more. */
  #forgetOffers(): void {
    this.#pairingCode?.end()
    this.#deps.vault.clear(this.#owner.sessionId)
  }

  /** WhatsApp hears that the link is accepted, and the owner too, once the credentials are durable. */
  #pair(): void {
    this.#forgetOffers()
    const durable = this.#auth.flush()
    this.#wire.hold(durable)
    this.#paired = durable.then(
      () => this.#report({ type: 'socket.paired', ...this.#me() }),
      () => {},
    )
  }

  #open(): void {
    this.#opened = true
    this.#forgetOffers()
    this.#report({ type: 'socket.opened', ...this.#me(), pushName: nameOf(this.#auth.creds) })
    this.#askForAbsent()
    if (this.#unlinking === 'asked') void this.#unlink()
  }

  /** Baileys asks the phone for the messages of this socket's placeholders; those of earlier ones are asked for here. */
  #askForAbsent(): void {
    const { placeholderResendCache } = this.#deps.caches.baileys
    for (const message of this.#receiver.absent()) {
      void placeholderResendCache.del(message.key.id ?? '')
      const { remoteJid, fromMe, id, participant } = message.key
      const key = { remoteJid, fromMe, id, ...(participant && { participant }) }
      this.#socket.requestPlaceholderResend(key, message).catch((error: unknown) => {
        this.#log(
          'warn',
          origin(error),
          'a message could not be asked for; it is asked for again at the next connection',
        )
      })
    }
  }

  #credsUpdated(update: Partial<AuthenticationCreds>): void {
    this.#auth.credsChanged()
    const pushName = update.me ? nameOf(this.#auth.creds) : null
    if (this.#opened && pushName && pushName !== this.#named) this.#report({ type: 'socket.named', pushName })
  }

  async #unlink(): Promise<void> {
    this.#unlinking = 'sent'
    const confirmed = await unlinkDevice(this.#socket, this.#deps.clock)
    this.#end(confirmed ? new Ended('Intentional Logout', 401) : new Ended('Connection Closed', 428))
  }

  #acked(ack: BinaryNode): void {
    const update = this.#sends.acked(ack)
    if (update) this.#update(update)
  }

  #end(error: Error | undefined): void {
    void this.#socket.end(error)
  }

  /** Ends this socket at once, before anything else can leave it. */
  #fail(message: string, error?: unknown): void {
    if (this.#finishing) return
    this.#log('error', error === undefined ? {} : origin(error), `the socket is ended: ${message}`)
    this.#wire.cut()
    this.#end(new Ended(message))
  }

  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#fail('Handler Failed', error)
    }
  }

  async #finish(error: Error | undefined): Promise<void> {
    if (this.#finishing) return
    this.#finishing = true
    this.#forgetOffers()
    this.#inFlight.end()
    this.#sends.end()
    this.#wire.failQueries(new Ended('Connection Closed', 428))
    let disconnect = toDisconnect(error)
    try {
      await this.#auth.flush()
    } catch {
      disconnect = { code: 0, message: 'Store Failed' }
    }
    await this.#paired
    await this.#auth.close()
    this.#guard(() => this.#receiver.leftovers())
    await this.#receiver.settled()
    this.#reportEnd(disconnect)
    this.#silent = true
    this.#finished.resolve()
  }

  #reportEnd(disconnect: Disconnect): void {
    const verdict = classify(disconnect, this.#deps.clock.now())
    const unlinked = disconnect.message === 'Intentional Logout' || verdict.reaction === 'unlinked'
    if (this.#unlinking === 'sent' && unlinked) this.#report({ type: 'logout.confirmed' })
    else this.#report({ type: 'socket.closed', ...verdict })
  }

  #report(fact: SocketFact): void {
    if (this.#silent) return
    if (fact.type === 'socket.opened' || fact.type === 'socket.named') this.#named = fact.pushName
    try {
      this.#owner.report(fact)
    } catch (error) {
      this.#log('error', origin(error), 'the owner threw at a fact')
    }
  }

  #update(update: Parameters<SocketOwner['updated']>[0]): void {
    if (!this.#silent) this.#owner.updated(update)
  }

  #me(): { waId: string; lid: string | null } {
    const { me } = this.#auth.creds
    return { waId: digitsOf(me?.id) ?? '', lid: lidOf(me?.lid) }
  }

  #log(level: 'warn' | 'error', fields: object, sentence: string): void {
    this.#deps.logger[level]({ sessionId: this.#owner.sessionId, ...fields }, sentence)
  }
}

/** Pairing by code sets `me` before the phone agreed; a login with it would be an unknown device. */
function withoutLeftovers(creds: AuthenticationCreds): AuthenticationCreds {
  if (!isPaired(creds)) delete creds.me
  return creds
}

/** `~` is Baileys' placeholder. */
function nameOf({ me }: AuthenticationCreds): string | null {
  return me?.name && me.name !== '~' ? me.name : null
}

function toDisconnect(error: Error | undefined): Disconnect {
  if (!error) return { code: 0, message: '' }
  const { output, data } = error as Error & { output?: { statusCode?: number }; data?: { expire?: unknown } }
  return {
    code: output?.statusCode ?? 0,
    message: error.message,
    expireSeconds: Number(data?.expire ?? Number.NaN),
  }
}
