import { GatewayError } from '../../base/errors.ts'
import { digitsOf, isGroup } from '../jid.ts'
import type { NumberLookup } from './number-lookup.ts'
import type { People } from './people.ts'

/** Where something goes: a full jid, and the number beside it when that is a LID whose number is known. */
export interface Address {
  to: string
  number: string | null
}

export interface AddressesDeps {
  people: Pick<People, 'person'>
  numbers: Pick<NumberLookup, 'lookup'>
  /** Whether the account's direct chats are by LID at WhatsApp; until then it refuses what is sent to a LID. */
  chatsByLid(): boolean
}

/**
 * Under which of a person's names WhatsApp is spoken to. WhatsApp Web writes to LIDs only once the account's chats are migrated, and to
 * numbers until then, which WhatsApp takes from both kinds of account; somebody without a known number is written to by LID.
 */
export class Addresses {
  readonly #deps: AddressesDeps

  constructor(deps: AddressesDeps) {
    this.#deps = deps
  }

  /** Where to send what is for a chat. Rejects with NOT_ON_WHATSAPP, or as the lookup of an unknown number does. */
  async forSend(chat: string, { byNumber = false } = {}): Promise<Address> {
    const phone = digitsOf(chat)
    if (phone !== null) {
      // WhatsApp acks what goes to a number that nobody has, and nobody gets it.
      const { exists } = await this.#deps.numbers.lookup(phone)
      if (!exists) throw new GatewayError('NOT_ON_WHATSAPP', 'That number is not on WhatsApp.')
    }
    return this.of(chat, { byNumber })
  }

  /** The same as far as it is known, without asking. */
  async of(chat: string, { byNumber = false } = {}): Promise<Address> {
    const person = isGroup(chat) ? null : await this.#deps.people.person(chat)
    const { lid = null, number = null } = person ?? {}
    if (lid !== null && (number === null || (this.#deps.chatsByLid() && !byNumber)))
      return { to: lid, number }
    return { to: number ?? chat, number: null }
  }
}
