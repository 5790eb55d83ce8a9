import { createHmac, randomBytes } from 'node:crypto'

/** The id of the key under which a phone's app state is encrypted. */
export const APP_STATE_KEY_ID = Buffer.from([0, 0, 0, 0, 0, 1])

/** What the server demands of an account's first messages to people, and what the account has to answer with. */
export class FirstContacts {
  /** A message to somebody who never wrote to the account, and to whom it never wrote, is refused with 463 without a right token. */
  strict = false
  /** The salt of its `<cstoken>`s. */
  salt: Uint8Array | null = null
  /** Where its phone puts the salt for linked devices. */
  saltBy: 'history' | 'app-state' = 'history'
  /** The tokens that its contacts gave it, by their bare LID jids, as everywhere here. */
  readonly #given = new Map<string, Buffer>()
  /** To whom its devices gave a token of their own: the jid as they wrote it, and `t`. */
  readonly issued: { jid: string; t: string }[] = []

  /** A new token that a contact gives this account. */
  giveFrom(contact: string): Buffer {
    const token = randomBytes(16)
    this.#given.set(contact, token)
    return token
  }

  /** Whether a message to somebody new carries what it must: the token of that contact, or HMAC-SHA256(salt, bare LID). */
  accepts(contact: string, tcToken: Uint8Array | undefined, csToken: Uint8Array | undefined): boolean {
    if (tcToken) return this.#given.get(contact)?.equals(tcToken) === true
    if (!csToken || !this.salt) return false
    return createHmac('sha256', this.salt).update(contact).digest().equals(csToken)
  }
}
