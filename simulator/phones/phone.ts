import type { Account, Device, Reuploads } from '../accounts/account.ts'
import type { Conversation } from '../accounts/conversation.ts'
import type { FirstContacts } from '../accounts/first-contacts.ts'
import type { LinkingPlan } from '../accounts/linking-plan.ts'
import { type PasskeyDemand, passkeyDemand } from '../accounts/passkey.ts'
import { enterCode } from '../linking/pairing-code.ts'
import type { Assertion, RequestOptions } from '../linking/passkey/authenticator.ts'
import { authenticatorOf } from '../linking/passkey/demand.ts'
import type { PasskeyInProgress } from '../linking/passkey/in-progress.ts'
import { scan } from '../linking/qr.ts'
import { contactOf, tellDevice, type World } from '../world.ts'
import { Contact } from './contact.ts'
import { setDefaultTimer } from './context/disappearing.ts'
import { dateConversations } from './history.ts'
import { sendMigration } from './peer-messages.ts'

/** The phone of an account: links devices and unlinks them. */
export class Phone {
  readonly account: Account
  readonly #world: World

  constructor(world: World, account: Account) {
    this.#world = world
    this.account = account
  }

  get pn(): string {
    return this.account.pn
  }

  /** The same person as a contact: inbox, copies of what its devices sent, `say`. */
  get contact(): Contact {
    return new Contact(this.#world, contactOf(this.#world, this.account))
  }

  /** The chats it sends to a device after the first login that follows a scan; empty unless set before. Throws for a group or number that cannot be. */
  get history(): readonly Conversation[] {
    return this.account.history
  }

  set history(conversations: readonly Conversation[]) {
    this.account.history = dateConversations(this.#world, this.account, conversations)
  }

  /** What the server demands of the account's first messages to people: nothing unless set. */
  get firstContacts(): FirstContacts {
    return this.account.firstContacts
  }

  /** What it answers when a linked device asks for media again: `answered` unless set. */
  get reuploads(): Reuploads {
    return this.account.reuploads
  }

  set reuploads(answer: Reuploads) {
    this.account.reuploads = answer
  }

  /** WhatsApp demands a passkey of every device that this phone links from now on; with null it demands none. */
  demandPasskey(demand: Partial<PasskeyDemand> | null = {}): void {
    this.account.passkey = demand && passkeyDemand(demand)
  }

  /** The newest demand for a passkey. Throws when there was none. */
  get passkey(): PasskeyInProgress {
    const passkey = this.#world.passkeys.get(this.account)
    if (!passkey) throw new Error('no device of this phone was asked for a passkey')
    return passkey
  }

  /** Resolves when a passkey is demanded of a device that is being linked. */
  passkeyAsked(): { promise: Promise<null>; stop(): void } {
    const { promise, resolve } = Promise.withResolvers<null>()
    const look = ({ account }: { account: string }) => account === this.pn && resolve(null)
    this.#world.events.on('passkeyAsked', look)
    return { promise, stop: () => this.#world.events.off('passkeyAsked', look) }
  }

  /** What the owner's browser makes of WhatsApp's request options on a page of that origin, as JSON. */
  assertPasskey(options: RequestOptions, origin = 'https://web.whatsapp.com'): Assertion {
    return authenticatorOf(this.#world, this.account).assert(options, origin)
  }

  /** How many messages it alerted its owner to, and how many it was silent about because a companion was available. */
  get alerts(): Readonly<{ rung: number; silent: number }> {
    return this.account.alerts
  }

  /** What is to happen at its next attempts to link a device: QRs that are made void, and faults. */
  get linking(): LinkingPlan {
    return this.account.linking
  }

  /** How long messages of chats that begin stay, in seconds; its linked devices are told. */
  set disappearing(expiration: number) {
    setDefaultTimer(this.#world, this.account, expiration)
  }

  /** The linked devices, in the order of linking. */
  get devices(): Device[] {
    return [...this.account.devices.values()]
  }

  /**
   * Scans the text of a QR. Resolves with the linked device once it signed its identity and was told to reconnect (515). Rejects
   * with one sentence for a reference that is unknown, used or expired, or keys that are not those of its socket. Where a passkey is
   * demanded it takes until that has come to an end.
   */
  scan(qr: string): Promise<Device> {
    return scan(this.#world, this.account, qr)
  }

  /**
   * Enters the pairing code that a registering socket asked for with this number (it is waited for, for a moment). Resolves like
   * `scan`. Rejects with one sentence when no socket asked, the code is wrong or has expired, or the socket is gone.
   */
  enterCode(code: string): Promise<Device> {
    return enterCode(this.#world, this.account, code)
  }

  /** Moves its chats to LIDs and tells its linked devices; nothing that they send to a LID is refused any more. */
  migrate(): Promise<void> {
    return sendMigration(this.#world, this.account)
  }

  /** Removes one linked device, or all of them: an open socket gets 401 device_removed, the next login a 401 failure. */
  unlink(device?: Device): void {
    for (const one of device ? [device] : this.devices) {
      this.account.remove(one)
      one.connection?.endWithStreamError('401', 'device_removed')
      tellDevice(this.#world, one, 'removed')
    }
  }
}
