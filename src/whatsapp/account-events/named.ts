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

/** `find` gives who has a name, a full jid. */
export function namingBy(find: (name: string) => Person | null): NameOf {
  return (...jids) => {
    const names = jids
      .map(accountJid)
      .filter(name => name !== null && (digitsOf(name) ?? lidOf(name)) !== null)
    if (names.length === 0) return null
    const person = names.map(name => find(name!)).find(one => one !== null)
    const lid = names.map(lidOf).find(name => name !== null) ?? person?.lid ?? null
    const phone = names.map(digitsOf).find(digits => digits !== null) ?? digitsOf(person?.number)
    return { jid: person?.chatId ?? lid ?? names[0]!, lid, phone }
  }
}
