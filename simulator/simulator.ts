import { randomInt } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { BinaryNode } from '@whiskeysockets/baileys'
import { keepSessionsAsBytes } from '../patches/libsignal-session-bytes.ts'
import { mendSignalSessions } from '../patches/libsignal-sessions.ts'
import type { Addressing, Device } from './accounts/account.ts'
import { AccountTable } from './accounts/account-table.ts'
import type { KeptStanza } from './accounts/kept-stanza.ts'
import type { Call } from './calls/call.ts'
import { deliver } from './delivery.ts'
import { checkFault } from './faults/schema.ts'
import { heal, strike } from './faults/strike.ts'
import type { Fault, FaultKind } from './faults/table.ts'
import { WaitingFaults } from './faults/waiting.ts'
import { type ChangeOptions, changeGroup, type GroupChange, tellDirty } from './groups/changes.ts'
import { Group } from './groups/group.ts'
import { Newsletter } from './groups/newsletter.ts'
import { Ledger } from './ledger.ts'
import { type Enrolled, enroll } from './linking/enroll.ts'
import { notifyOffer } from './linking/offer.ts'
import { MediaHost } from './media/host.ts'
import { Contact } from './phones/contact.ts'
import { Phone } from './phones/phone.ts'
import { makeServerIdentity } from './protocol/certificates.ts'
import { Listener } from './protocol/listener.ts'
import { SERVER, stanza } from './protocol/stanza.ts'
import { createSeededRandom } from './seeded-random.ts'
import { acceptClient } from './server/accept.ts'
import { changeLid, changeNumber } from './server/identity-changes.ts'
import { type Unacked, unackedBy } from './server/unacked.ts'
import { type Counters, contactOf, type SimulatorEvents, type SimulatorOptions, type World } from './world.ts'

/**
 * Where a listening simulator is found: the WebSocket URL, the hexadecimal Noise root key, `host:port` of the media host, and the
 * PEM of the authority that its certificate is from.
 */
export type Address = { url: string; port: number; rootKey: string; mediaHost: string; mediaCa: string }

/** A WhatsApp server with its phones and contacts, for one process. */
export class Simulator extends EventEmitter<SimulatorEvents> {
  readonly ledger = new Ledger()
  /** The media host: its files and its faults. */
  readonly media = new MediaHost()
  readonly #world: World
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #listener = new Listener((websocket, socket) => acceptClient(this.#world, websocket, socket))
  #closed = false

  constructor(options: Partial<SimulatorOptions> = {}) {
    super()
    mendSignalSessions()
    keepSessionsAsBytes()
    this.setMaxListeners(0)
    const seed = options.seed ?? String(randomInt(2 ** 40))
    const random = createSeededRandom(seed)
    this.#world = {
      options: {
        qrRefs: 6,
        receiptDelayMs: 25,
        preKeysOnServer: 100,
        history: true,
        inlineHistoryBytes: Number.POSITIVE_INFINITY,
        ownCopies: true,
        codeTtlMs: 180_000,
        groupedReceipts: true,
        maxBatch: 500,
        ackTimeoutMs: 50 * 60_000,
        seed: undefined,
        ...options,
      },
      identity: makeServerIdentity(),
      accounts: new AccountTable(seed),
      contacts: new Map(),
      groups: new Map(),
      calls: new Map(),
      ledger: this.ledger,
      media: this.media,
      events: this,
      clients: new Set(),
      offers: new Map(),
      codeRequests: new Map(),
      authenticators: new Map(),
      passkeys: new Map(),
      faults: new WaitingFaults(random),
      random,
      listener: this.#listener,
      counters: { connections: 0, registrations: 0, qrRefs: 0, logins: 0, refusedLogins: 0, queries: 0 },
      later: (ms, work) => this.#later(ms, work),
      background: work => this.#background(work),
    }
  }

  /** Connections, registrations, QR references handed out, logins, refused logins and queries of linked devices since the start. */
  get counters(): Readonly<Counters> {
    return this.#world.counters
  }

  get loginCount(): number {
    return this.#world.counters.logins
  }

  /** The hexadecimal Noise root key that clients must trust. */
  get rootKey(): string {
    return this.#world.identity.rootKey.toString('hex')
  }

  /** Listens on 127.0.0.1, for clients and for media; port 0 takes a free one. */
  async listen({ port = 0, mediaPort = 0 }: { port?: number; mediaPort?: number } = {}): Promise<Address> {
    const taken = await this.#listener.listen(port)
    await this.media.listen(mediaPort)
    const { host: mediaHost, ca: mediaCa } = this.media
    return { url: `ws://127.0.0.1:${taken}/ws/chat`, port: taken, rootKey: this.rootKey, mediaHost, mediaCa }
  }

  /** Closes sockets, timers and the listener. */
  async close(): Promise<void> {
    this.#closed = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    for (const { connection } of this.#world.clients) connection.reset()
    await this.#listener.stop()
    await this.media.close()
    for (const contact of this.#world.contacts.values()) contact.account.signal.close()
  }

  /** The phone of a number; its account is made when it is new. */
  phone(pn: string, { name }: { name?: string } = {}): Phone {
    return new Phone(this.#world, this.#world.accounts.ensure(pn, name))
  }

  /** A number that talks; its account is made when it is new. */
  contact(pn: string, { name }: { name?: string } = {}): Contact {
    return new Contact(this.#world, contactOf(this.#world, this.#world.accounts.ensure(pn, name)))
  }

  /** Makes a group; the first number made it, accounts are made for new ones. Members are named by LID unless told otherwise. */
  group(subject: string, members: string[], { addressing = 'lid' }: { addressing?: Addressing } = {}): Group {
    const group = new Group(this.#world.accounts, subject, addressing)
    for (const pn of members) group.add(pn)
    this.#world.groups.set(group.jid, group)
    return group
  }

  /**
   * Changes a group and tells its members, in one notification; returns its id. Throws for a group that is not there and for who
   * is no member.
   */
  changeGroup(jid: string, changes: GroupChange[], options: ChangeOptions = {}): string {
    return changeGroup(this.#world, this.#groupOf(jid), changes, options)
  }

  /** Tells the members of a group to ask for it again. */
  dirtyGroup(jid: string): void {
    tellDirty(this.#world, this.#groupOf(jid))
  }

  /** Every group, oldest first. */
  get groups(): Group[] {
    return [...this.#world.groups.values()]
  }

  /** Every call, oldest first. */
  get calls(): Call[] {
    return [...this.#world.calls.values()]
  }

  /** Makes a newsletter. */
  newsletter(name: string): Newsletter {
    return new Newsletter(this.#world, name)
  }

  /** Sends a notification with one empty child to each socket that waits to be linked; returns how many they were. */
  notifyUnlinked(type: string, child = type): number {
    const offers = [...this.#world.clients].flatMap(({ offer }) => (offer?.state === 'live' ? offer : []))
    for (const offer of offers) notifyOffer(offer, type, [stanza(child)])
    return offers.length
  }

  /** Hands a stanza to each linked device of an account and keeps it until it is acknowledged as its kind must be. */
  push(pn: string, node: BinaryNode): void {
    const kind = node.tag as KeptStanza['kind']
    const about = { kind, id: node.attrs.id ?? '', from: node.attrs.from ?? SERVER, node, peer: false }
    for (const device of this.#world.accounts.ensure(pn).devices.values()) deliver(this.#world, device, about)
  }

  /**
   * What was written to a socket that is still open and is not acknowledged as it must be: tag, id and type, and the device's jid,
   * null for a socket that is not linked yet.
   */
  get unacked(): Unacked[] {
    return [...this.#world.clients].flatMap(unackedBy)
  }

  /** Every linked device. */
  get devices(): Device[] {
    return [...this.#world.accounts.values()].flatMap(account => [...account.devices.values()])
  }

  /** Links a device to a number without QR or socket, and returns the credentials a client can log in with. */
  async enroll(pn: string, { name }: { name?: string } = {}): Promise<Enrolled> {
    return enroll(this.#world, this.#world.accounts.ensure(pn, name))
  }

  /**
   * Lets an account's next `times` sends be answered with an error ack; they go to nobody. With `backoff`, nor does what it sends
   * within so many seconds.
   */
  errorAck(account: string, code: string | number, times = 1, backoff?: number): void {
    this.#await({ kind: 'error-ack', account, code: String(code), times, ...(backoff && { backoff }) })
  }

  /** What becomes of an account's next `times` queries for contacts. */
  failQuery(account: string, answer: NonNullable<Fault['answer']>, times = 1): void {
    this.#await({ kind: 'contact-query', account, answer, times })
  }

  /** Gives an account another LID, without a word: see `changeLid` in server/identity-changes.ts. */
  changeLid(pn: string): void {
    changeLid(this.#world, this.#world.accounts.ensure(pn))
  }

  /** Gives an account another number, and another LID if wanted; its contacts' devices are told. Throws for a number that somebody has. */
  changeNumber(pn: string, to: string, { lid = false }: { lid?: boolean } = {}): void {
    changeNumber(this.#world, this.#world.accounts.ensure(pn), to, { lid })
  }

  /** Lets an account's next `times` sends arrive without an ack. */
  dropAck(account: string, times = 1): void {
    this.#await({ kind: 'drop-ack', account, times })
  }

  /**
   * Lets a fault of faults/table.ts strike, for one device, for an account or for all. Resolves when it is in force, with the number
   * of sockets that it met. Throws a ZodError for one that is told what it does not take.
   */
  fault(fault: Fault): Promise<number> {
    return strike(this.#world, fault)
  }

  /** Ends what lasts and what waits, of one kind or all of it. Sockets that are gone stay gone. */
  async heal(kind?: FaultKind): Promise<void> {
    if (!this.#closed) await heal(this.#world, kind)
  }

  /** The faults that wait for what comes next, oldest first. */
  get faults(): Fault[] {
    return this.#world.faults.list()
  }

  /** What decides what is left to chance: the same for the same `seed`. */
  get seed(): string {
    return this.#world.random.seed
  }

  #await(fault: Fault) {
    this.#world.faults.add(checkFault(fault))
  }

  #groupOf(jid: string): Group {
    const group = this.#world.groups.get(jid)
    if (!group) throw new Error(`there is no group ${jid}`)
    return group
  }

  #background(work: Promise<unknown>) {
    work.catch((error: unknown) => {
      this.ledger.errors.push({
        at: Date.now(),
        reason: error instanceof Error ? error.message : String(error),
      })
    })
  }

  #later(ms: number, work: () => void) {
    if (this.#closed) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      work()
    }, ms)
    this.#timers.add(timer)
  }
}
