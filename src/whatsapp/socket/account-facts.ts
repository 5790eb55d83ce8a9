import type { AuthenticationCreds } from '@whiskeysockets/baileys'
import { digitsOf, lidOf } from '../jid.ts'
import type { AuthState } from '../keys/auth-state.ts'
import type { LinkOffers } from '../linking/link-offers.ts'
import type { WriteGate } from '../write-gate.ts'
import { type AccountPresence, nameOf } from './account-presence.ts'
import type { OwnerReports } from './owner-reports.ts'

export interface AccountFactsDeps {
  auth: AuthState
  writes: WriteGate
  offers: LinkOffers
  reports: OwnerReports
  presence: AccountPresence
}

/** Tells the owner of a socket which account it is: when a phone has linked it, when it is open, when its name changes. */
export class AccountFacts {
  readonly #deps: AccountFactsDeps
  #isOpen = false
  #pairing: Promise<void> = Promise.resolve()

  constructor(deps: AccountFactsDeps) {
    this.#deps = deps
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** WhatsApp hears that the link is accepted, and the owner too, once the credentials are durable. */
  paired(): void {
    const { auth, writes, offers, reports } = this.#deps
    offers.withdraw()
    const durable = auth.flush()
    writes.holdUntil(durable)
    this.#pairing = durable.then(
      () => reports.fact({ type: 'socket.paired', ...this.#me() }),
      () => {},
    )
  }

  opened(): void {
    const { auth, offers, reports, presence } = this.#deps
    this.#isOpen = true
    offers.withdraw()
    presence.opened()
    reports.fact({ type: 'socket.opened', ...this.#me(), pushName: nameOf(auth.creds) })
  }

  credsUpdated(update: Partial<AuthenticationCreds>): void {
    const { auth, reports, presence, writes } = this.#deps
    auth.credsChanged()
    // What is said with a new key may be answered for years: no other key may ever get its number.
    if (update.nextPreKeyId !== undefined) writes.holdUntil(auth.flush())
    const pushName = update.me ? nameOf(auth.creds) : null
    if (!this.#isOpen || !pushName || pushName === reports.pushName) return
    reports.fact({ type: 'socket.named', pushName })
    presence.named()
  }

  /** Resolves when the owner heard of the pairing, if there was one. */
  settled(): Promise<void> {
    return this.#pairing
  }

  #me(): { waId: string; lid: string | null } {
    const { me } = this.#deps.auth.creds
    return { waId: digitsOf(me?.id) ?? '', lid: lidOf(me?.lid) }
  }
}
