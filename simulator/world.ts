import type { EventEmitter } from 'node:events'
import type { Account, Device } from './accounts/account.ts'
import type { AccountTable } from './accounts/account-table.ts'
import type { Call } from './calls/call.ts'
import type { WaitingFaults } from './faults/waiting.ts'
import type { Group } from './groups/group.ts'
import type { Ledger } from './ledger.ts'
import type { CodeRequest, PairingOffer } from './linking/offer.ts'
import type { Authenticator } from './linking/passkey/authenticator.ts'
import type { PasskeyInProgress } from './linking/passkey/in-progress.ts'
import type { MediaHost } from './media/host.ts'
import { ContactState, type InboxMessage } from './phones/contact-state.ts'
import type { Presence } from './phones/presence.ts'
import type { ServerIdentity } from './protocol/certificates.ts'
import type { Listener } from './protocol/listener.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { Client } from './server/client.ts'

export type SimulatorOptions = {
  /** QR references handed to each registering socket. */
  qrRefs: number
  /** How long a contact waits before its delivery and automatic read receipts, in milliseconds. */
  receiptDelayMs: number
  /** Pre-keys the server claims to hold for a new device: 0 makes Baileys upload 812, 1 to 5 five, more none. */
  preKeysOnServer: number
  /** Send the key share and an empty history after the first login, without which Baileys waits 20 s. */
  history: boolean
  /** A part of the history above this many bytes goes over the media host. */
  inlineHistoryBytes: number
  /** Decrypt the copy of each sent message that goes to the sender's own phone. */
  ownCopies: boolean
  /** How long a pairing code is good for, in milliseconds. */
  codeTtlMs: number
  /** Receipts of a group's members that come about together are one stanza; else each is one of its own. */
  groupedReceipts: boolean
  /** The most stanzas in a batch of what waited for a device, however many it asks for. */
  maxBatch: number
  /** How long a stanza may stay without its acknowledgement until the stream ends with an error, in milliseconds. */
  ackTimeoutMs: number
  /** Makes LIDs and what faults leave to chance reproducible; made up if undefined. */
  seed: string | undefined
}

/** What the simulator tells about itself while it happens. */
export type SimulatorEvents = {
  /** A socket registered and was handed this many QR references. */
  qr: [{ refs: number }]
  /** A socket asked for a pairing code for this number. */
  codeRequested: [{ account: string }]
  /** A passkey was demanded before a device is linked. */
  passkeyAsked: [{ account: string }]
  /** The phone shows the code that the device must show, too. */
  passkeyCode: [{ account: string; code: string }]
  qrScanned: [{ account: string; device: string }]
  device: [{ account: string; device: string; state: 'linked' | 'online' | 'offline' | 'removed' }]
  /** A contact decrypted a message. */
  message: [{ contact: string; message: InboxMessage }]
  /** A device sent a message, taken or not: its `to`, and the number beside it. */
  sent: [{ id: string | undefined; to: string | undefined; number: string | undefined }]
  /** A device acknowledged a message. */
  acknowledged: [{ id: string; device: string }]
  /** A device sent a receipt to a contact. */
  receipt: [{ contact: string; id: string; type: string; device: string }]
  /** A contact saw something of an account. */
  presence: [{ contact: string; presence: Presence }]
  unanswered: [{ tag: string; attrs: Record<string, string> }]
}

export type Counters = {
  connections: number
  registrations: number
  qrRefs: number
  logins: number
  refusedLogins: number
  /** `<iq>` of linked devices. */
  queries: number
}

/** What every part of one running simulator shares: data, and who is told of what happens. */
export type World = {
  readonly options: SimulatorOptions
  readonly identity: ServerIdentity
  readonly accounts: AccountTable
  /** What the phones know whose people talk. */
  readonly contacts: Map<Account, ContactState>
  /** By jid. */
  readonly groups: Map<string, Group>
  /** By id. */
  readonly calls: Map<string, Call>
  readonly ledger: Ledger
  readonly media: MediaHost
  readonly events: EventEmitter<SimulatorEvents>
  readonly clients: Set<Client>
  /** By QR reference. */
  readonly offers: Map<string, PairingOffer>
  /** The newest request for a pairing code of each phone number. */
  readonly codeRequests: Map<string, CodeRequest>
  /** The passkeys of the phones' owners. */
  readonly authenticators: Map<Account, Authenticator>
  /** The newest demand for a passkey of each account. */
  readonly passkeys: Map<Account, PasskeyInProgress>
  /** Faults that wait for what comes next. */
  readonly faults: WaitingFaults
  /** What is left to chance, by the seed. */
  readonly random: SeededRandom
  readonly listener: Listener
  readonly counters: Counters
  /** Runs something later unless the simulator is closed first. */
  later(ms: number, work: () => void): void
  /** Lets work go on by itself; its failure goes to the ledger. */
  background(work: Promise<unknown>): void
}

/** Emits the `device` event. */
export function tellDevice(world: World, device: Device, state: SimulatorEvents['device'][0]['state']): void {
  world.events.emit('device', { account: device.account.pn, device: device.jid, state })
}

/** What the phone of an account knows; one per account, made on first use. */
export function contactOf(world: World, account: Account): ContactState {
  const contact = world.contacts.get(account) ?? new ContactState(account)
  world.contacts.set(account, contact)
  return contact
}
