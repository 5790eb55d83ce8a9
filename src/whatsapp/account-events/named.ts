import type { Person } from '../../messages/person.ts'
import { accountJid, digitsOf, lidOf } from '../jid.ts'

/** Somebody as Laravel is told: `jid` is what the chat with this person is called, `phone` digits. */
export interface Named {
  jid: string
  lid: string | null
  phone: string | null
}

/** Names somebody by the addresses that a stanza has for one account, and by what was learnt before; null for none. */
export type NameOf = (...jids: (string | undefined)[]) => Promise<Named | null>

/** `find` says who has a name, a full jid. */
export function namingBy(find: (name: string) => Promise<Person | null>): NameOf {
  return async (...jids) => {
    const names = jids.map(accountJid).filter(name => name !== null)
    const given = {
      lid: names.map(lidOf).find(name => name !== null) ?? null,
      phone: names.map(digitsOf).find(digits => digits !== null) ?? null,
    }
    if (given.lid === null && given.phone === null) return null
    const found = await Promise.all(names.map(find))
    const person = found.find(one => one !== null)
    const lid = given.lid ?? person?.lid ?? null
    const phone = given.phone ?? digitsOf(person?.number)
    return { jid: person?.chatId ?? lid ?? `${given.phone}@s.whatsapp.net`, lid, phone }
  }
}
