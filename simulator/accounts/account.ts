import { createHash, randomInt } from 'node:crypto'
import { jidDecode, jidEncode, type proto } from '@whiskeysockets/baileys'
import type { Settled } from '../phones/history.ts'
import type { Reuploads } from '../phones/media-reupload.ts'
import type { Connection } from '../protocol/connection.ts'
import type { Bundle, PreKey, SignedPreKey } from '../protocol/stanza.ts'
import { SignalEndpoint } from '../signal/endpoint.ts'
import { Mailbox } from './mailbox.ts'

/** The public keys a device registered with. */
export type Registration = {
  noiseKey: Buffer
  identity: Buffer
  registrationId: number
  signedPreKey: SignedPreKey
}

/** A companion device linked to an account: what the server knows about it and holds for it. */
export class Device {
  readonly account: Account
  /** The device number in its jids, from 1. */
  readonly id: number
  readonly registration: Registration
  readonly mailbox: Mailbox
  /** One-time pre-keys it uploaded and nobody took yet. */
  preKeys: PreKey[] = []
  connection: Connection | undefined
  removed = false
  historySent = false
  /** Times it logged in. */
  logins = 0
  /** Pre-keys the server claims beside the uploaded ones. */
  claimedPreKeys: number

  constructor(account: Account, id: number, registration: Registration, claimedPreKeys: number) {
    this.account = account
    this.id = id
    this.registration = registration
    this.claimedPreKeys = claimedPreKeys
    this.mailbox = new Mailbox(this)
  }

  /** `PN:N@s.whatsapp.net` */
  get jid(): string {
    return jidEncode(this.account.pn, 's.whatsapp.net', this.id)
  }

  /** `LID:N@lid`, the address under which its Signal sessions are kept. */
  get lidJid(): string {
    return jidEncode(this.account.lid, 'lid', this.id)
  }

  get online(): boolean {
    return this.connection?.open === true
  }

  /** Hexadecimal Noise static key of its registration. */
  get noiseKey(): string {
    return this.registration.noiseKey.toString('hex')
  }

  /** Stanzas kept for it because it did not acknowledge them. */
  get pending(): number {
    return this.mailbox.size
  }

  /** A key bundle for a new session; uses up one pre-key if any is left. */
  takeBundle(): Bundle {
    const { identity, registrationId, signedPreKey } = this.registration
    const preKey = this.preKeys.shift()
    return { identity, registrationId, signedPreKey, ...(preKey && { preKey }) }
  }
}

/** A phone number: its phone (device 0), its linked devices and its two addresses. */
export class Account {
  /** Phone number in digits. */
  readonly pn: string
  /** The account's LID user in digits. */
  readonly lid: string
  name: string
  readonly devices = new Map<number, Device>()
  /** With whom it has a direct chat. */
  readonly partners = new Set<Account>()
  /** Privacy settings by name that are not `all`. */
  readonly privacy = new Map<string, string>()
  /** What its phone sends a newly linked device. */
  history: readonly Settled[] = []
  /** Error codes for its next sends; the first is used first. */
  readonly errorAcks: string[] = []
  /** What its phone does when a linked device asks for media again. */
  reuploads: Reuploads = 'answered'
  /** How many of its next sends get no ack. */
  droppedAcks = 0
  #lastDevice = 0
  #signal: SignalEndpoint | undefined

  constructor(pn: string, lid: string, name: string) {
    this.pn = pn
    this.lid = lid
    this.name = name
  }

  get jid(): string {
    return `${this.pn}@s.whatsapp.net`
  }

  get lidJid(): string {
    return `${this.lid}@lid`
  }

  /** The Signal side of the account's phone; made on first use. */
  get signal(): SignalEndpoint {
    this.#signal ??= new SignalEndpoint()
    return this.#signal
  }

  /** Links a device under the next free number; 99 is skipped because it means "hosted". */
  link(registration: Registration, claimedPreKeys: number): Device {
    this.#lastDevice += this.#lastDevice === 98 ? 2 : 1
    const device = new Device(this, this.#lastDevice, registration, claimedPreKeys)
    this.devices.set(device.id, device)
    return device
  }

  /** Notes a direct chat, on both sides. */
  meet(other: Account): void {
    this.partners.add(other)
    other.partners.add(this)
  }

  /** Forgets a device: what was kept for it is gone and its next login is refused. */
  remove(device: Device): void {
    device.removed = true
    this.devices.delete(device.id)
  }
}

/** A message as a phone decrypted it. */
export type InboxMessage = {
  id: string
  /** Phone number of the sender. */
  from: string
  /** The sending device's jid. */
  device: string
  /** The group's jid; null in a direct chat. */
  group: string | null
  /** Conversation, extended text or caption; empty for anything else. */
  text: string
  /** Milliseconds since 1970. */
  at: number
  message: proto.IMessage
}

/** All accounts, found by phone number, LID or jid in constant time. */
export class AccountTable {
  readonly #seed: string
  readonly #byPn = new Map<string, Account>()
  readonly #byLid = new Map<string, Account>()

  constructor(seed: string | undefined) {
    this.#seed = seed ?? String(randomInt(2 ** 40))
  }

  /** Finds or makes the account of a phone number. Throws when it is not 5 to 20 digits. */
  ensure(pn: string, name?: string): Account {
    if (!/^\d{5,20}$/.test(pn)) throw new Error(`not a phone number: ${JSON.stringify(pn)}`)
    const known = this.#byPn.get(pn)
    if (known) {
      if (name) known.name = name
      return known
    }
    const account = new Account(pn, this.#lidOf(pn), name ?? pn)
    this.#byPn.set(pn, account)
    this.#byLid.set(account.lid, account)
    return account
  }

  get(pn: string): Account | undefined {
    return this.#byPn.get(pn)
  }

  /** The account and device number that a jid of either kind names. */
  resolve(jid: string | undefined): { account: Account; device: number } | undefined {
    const decoded = jidDecode(jid)
    if (!decoded) return undefined
    const table = decoded.server === 'lid' ? this.#byLid : this.#byPn
    const account = table.get(decoded.user)
    return account && { account, device: decoded.device ?? 0 }
  }

  values(): Iterable<Account> {
    return this.#byPn.values()
  }

  #lidOf(pn: string): string {
    for (let round = 0; ; round++) {
      const digest = createHash('sha256').update(`${this.#seed}:${pn}:${round}`).digest()
      const lid = String(1e14 + (digest.readUIntBE(0, 6) % 9e14))
      if (!this.#byLid.has(lid)) return lid
    }
  }
}
