import { randomBytes } from 'node:crypto'
import { jidEncode } from '@whiskeysockets/baileys'
import type { Connection } from '../protocol/connection.ts'
import { SignalEndpoint } from '../signal/endpoint.ts'
import type { KeyBundle, PreKey, SignedPreKey } from '../signal/key-bundle.ts'
import type { DatedConversation } from './conversation.ts'
import { FirstContacts } from './first-contacts.ts'
import type { KeptStanza } from './kept-stanza.ts'
import { LinkingPlan } from './linking-plan.ts'
import { Mailbox } from './mailbox.ts'
import type { PasskeyDemand } from './passkey.ts'
import { SendPause } from './send-pause.ts'
import type { Timer } from './timer.ts'

/** Which of an account's two addresses is used: its phone number or its LID. */
export type Addressing = 'pn' | 'lid'

/** What a phone answers when a linked device asks for media again: it has them, it has them no more, or it is away. */
export type Reuploads = 'answered' | 'not-found' | 'ignored'

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
  readonly mailbox = new Mailbox()
  /** One-time pre-keys it uploaded and nobody took yet. */
  preKeys: PreKey[] = []
  connection: Connection | undefined
  /** What waited for it at its login and goes out in batches as it asks for them, until all has gone out. */
  catchingUp: { waiting: KeptStanza[]; sent: number } | undefined
  /** What a fault holds back, to be written in another order. */
  heldBack: KeptStanza[] | undefined
  /** The key of its phone's app state, as that device is given it. */
  readonly appStateKey = randomBytes(32)
  /** It was given the salt for first contacts in the app state. */
  hasSalt = false
  /** Names of the app state collections it asked for, oldest first. */
  readonly synced: string[] = []
  removed = false
  historySent = false
  /** Times it logged in. */
  logins = 0
  /** What it said of itself since it logged in; null while it said nothing. */
  presence: 'available' | 'unavailable' | null = null
  /** What it was told to fetch anew and did not report as done, by type: the timestamp that it was told. */
  readonly dirty = new Map<string, string>()
  /** Pre-keys the server claims beside the uploaded ones. */
  claimedPreKeys: number

  constructor(account: Account, id: number, registration: Registration, claimedPreKeys: number) {
    this.account = account
    this.id = id
    this.registration = registration
    this.claimedPreKeys = claimedPreKeys
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
  takeBundle(): KeyBundle {
    const { identity, registrationId, signedPreKey } = this.registration
    const preKey = this.preKeys.shift()
    return { identity, registrationId, signedPreKey, ...(preKey && { preKey }) }
  }
}

/** A phone number: its phone (device 0), its linked devices and its two addresses. */
export class Account {
  /** Phone number in digits; the account table changes it. */
  pn: string
  /** The account's LID user in digits; the account table changes it. */
  lid: string
  name: string
  /** What others may call it instead of its number. */
  username: string | undefined
  /** It is known by its LID alone: nothing that WhatsApp says of it names its number. */
  hidesNumber = false
  /** Its direct chats are by LID; until then WhatsApp refuses what it sends to a LID with code 400. */
  migrated = true
  /** Whose LID it knows has changed: each send to them says `refresh_lid`, until it asks for that LID. */
  readonly staleLids = new Set<Account>()
  readonly devices = new Map<number, Device>()
  /** With whom it has a direct chat. */
  readonly directChats = new Set<Account>()
  /** How long messages of direct chats stay, by the phone number of the other side. */
  readonly timers = new Map<string, Timer>()
  /** What chats that begin have. */
  defaultTimer: Timer | undefined
  /** Privacy settings by name that are not `all`. */
  readonly privacy = new Map<string, string>()
  /** What its phone sends a newly linked device. */
  history: readonly DatedConversation[] = []
  /** Whether it was told to send nothing for a while. */
  readonly sendPause = new SendPause()
  /** What its phone does when a linked device asks for media again. */
  reuploads: Reuploads = 'answered'
  /** WhatsApp demands a passkey before it links a device; none is demanded if null. */
  passkey: PasskeyDemand | null = null
  /** How many messages its phone alerted its owner to, and how many it was silent about because a companion was available. */
  readonly alerts = { rung: 0, silent: 0 }
  /** What is to happen when a device is linked to it. */
  readonly linking = new LinkingPlan()
  readonly firstContacts = new FirstContacts()
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
  addDirectChat(other: Account): void {
    this.directChats.add(other)
    other.directChats.add(this)
  }

  /** A message for its owner is here: the phone alerts, unless a companion looks after it. */
  alert(): void {
    const looksAfter = [...this.devices.values()].some(one => one.online && one.presence === 'available')
    this.alerts[looksAfter ? 'silent' : 'rung']++
  }

  /** Forgets a device: what was kept for it is gone and its next login is refused. */
  remove(device: Device): void {
    device.removed = true
    this.devices.delete(device.id)
  }
}
