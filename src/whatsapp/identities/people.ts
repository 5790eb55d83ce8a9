import type { AuthenticationCreds } from '@whiskeysockets/baileys'
import { knownBy, learn, type Naming, type Person } from '../../messages/person.ts'
import type { Store } from '../../ports/store.ts'
import { accountJid, digitsOf, isOwn, lidOf } from '../jid.ts'

/** Baileys' `lid-mapping` keys: the LID of a number, and under `LID_reverse` the number; users without server. */
export type LidMapping = Record<string, string | null>

export interface PeopleDeps {
  store: Pick<Store, 'people'>
  streamId: string
  me(): AuthenticationCreds['me']
  now(): number
}

/** The people of one stream: who has which names, and what is new of what WhatsApp says about them. */
export class People {
  readonly #deps: PeopleDeps

  constructor(deps: PeopleDeps) {
    this.#deps = deps
  }

  find(name: string): Person | null {
    return this.#deps.store.people.find(this.#deps.streamId, name)
  }

  /** Who has the first of the names that is known (full jids, with or without device); a name alone if none is. */
  person(...jids: (string | null | undefined)[]): Person | null {
    const names = jids.map(accountJid).filter(name => name !== null)
    for (const name of names) {
      const person = this.find(name)
      if (person !== null) return person
    }
    return names[0] === undefined ? null : knownBy(names[0])
  }

  /** Who must be stored because of what WhatsApp says; nobody when it is known. A name of ours is none of somebody else's. */
  changedBy(naming: Naming): Person[] {
    const { lid, number, username, was, dialled } = naming
    const known = this.find(lid ?? number ?? '')
    const asNamed =
      known !== null &&
      (lid ?? known.lid) === known.lid &&
      (number ?? known.number) === known.number &&
      (username ?? known.username) === known.username
    if (asNamed && !was && !dialled) return []
    const names = [lid, number, ...(was ?? [])].filter(name => name !== null && name !== undefined)
    const own = names.filter(name => this.#isOwn(name))
    if (own.length > 0 && own.length < names.length) return []
    return learn(name => this.find(name), naming, this.#deps.now())
  }

  /**
   * What Baileys is about to keep of LIDs and numbers: the people who change, and the keys as they are to be kept, without what pairs
   * us with somebody else, and without a person's LID and number of before.
   */
  inMapping(given: LidMapping): { people: Person[]; mapping: LidMapping } {
    const changed = new Map<string, Person>()
    const find = (name: string) => changed.get(name) ?? this.find(name)
    const mapping: LidMapping = { ...given }
    for (const [user, lidUser] of Object.entries(given)) {
      if (lidUser === null || user.endsWith(REVERSE)) continue
      const [number, lid] = [`${user}@s.whatsapp.net`, `${lidUser}@lid`]
      if (this.#isOwn(number) !== this.#isOwn(lid)) {
        delete mapping[user]
        delete mapping[`${lidUser}${REVERSE}`]
        continue
      }
      const [lidBefore, numberBefore] = [find(number)?.lid, find(lid)?.number]
      for (const person of learn(find, { lid, number }, this.#deps.now()))
        for (const name of person.names) changed.set(name, person)
      if (lidBefore && lidBefore !== lid) mapping[`${userOf(lidBefore)}${REVERSE}`] ??= null
      if (numberBefore && numberBefore !== number) mapping[userOf(numberBefore)] ??= null
    }
    return { people: [...new Set(changed.values())], mapping }
  }

  #isOwn(name: string): boolean {
    return isOwn(this.#deps.me(), name)
  }
}

const REVERSE = '_reverse'
const userOf = (name: string) => name.slice(0, name.indexOf('@'))

/** The names of a stanza's sender, or of anybody, as a person has them: `jid` is of either kind, the others say its other names. */
export function namingOf(
  jid: string | undefined,
  {
    number,
    lid,
    username,
  }: { number?: string | undefined; lid?: string | undefined; username?: string | undefined },
): Naming | null {
  const names = [jid, number, lid]
  const naming = {
    lid: names.map(lidOf).find(name => name !== null) ?? null,
    number: accountJid(names.find(name => digitsOf(name) !== null)),
    username: username || null,
  }
  const says = naming.username !== null || (naming.lid !== null && naming.number !== null)
  return says && (naming.lid ?? naming.number) !== null ? naming : null
}
