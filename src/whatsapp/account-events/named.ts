import type { Person } from '../../messages/person.ts'
import { accountJid, digitsOf, lidOf } from '../jid.ts'

/** Somebody as Laravel is told: `jid` is what the chat with this person is called, `phone` digits. */
export interface Named {
  jid: string
  lid: string | null
  phone: string | null
}

/** Names somebody by the addresses that a stanza has for one account, and by what was learnt before; null for none. */
export type NameOf = (...jids: (string | undefined)[]) => Named | null

export interface Learnt {
  /** Who has a name, a full jid. */
  find(name: string): Person | null
  /** What `AuthState.lidMapping` says. */
  lidMapping(user: string): string | null
}

export function namingBy({ find, lidMapping }: Learnt): NameOf {
  return (...jids) => {
    const names = jids.map(accountJid).filter(name => name !== null)
    const given = {
      lid: names.map(lidOf).find(name => name !== null) ?? null,
      phone: names.map(digitsOf).find(digits => digits !== null) ?? null,
    }
    if (given.lid === null && given.phone === null) return null
    const person = names.map(find).find(one => one !== null)
    const mapped = given.lid === null ? lidMapping(given.phone!) : null
    const lid = given.lid ?? person?.lid ?? (mapped && `${mapped}@lid`)
    const phone =
      given.phone ??
      digitsOf(person?.number) ??
      (lid && lidMapping(`${lid.slice(0, lid.indexOf('@'))}_reverse`))
    return { jid: person?.chatId ?? lid ?? `${given.phone}@s.whatsapp.net`, lid, phone }
  }
}
