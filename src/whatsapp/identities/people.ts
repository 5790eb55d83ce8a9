import type { AuthenticationCreds } from '@whiskeysockets/baileys'
import { Turns } from '../../base/turns.ts'
import { knownBy, learn, type Naming, type Person } from '../../messages/person.ts'
import type { PeopleTable } from '../../ports/people-table.ts'
import { accountJid, digitsOf, isOwn, lidOf } from '../jid.ts'

/** Baileys' `lid-mapping` keys: the LID of a number, and under `LID_reverse` the number; users without server. */
export type LidMapping = Record<string, string | null>

export interface PeopleDeps {
  store: { people: PeopleTable }
  streamId: string
  me(): AuthenticationCreds['me']
  now(): number
}

/** The people of one stream: who has which names, and what is new of what WhatsApp says about them. */
export class People {
  readonly #deps: PeopleDeps
  /** In which somebody is learnt: what follows builds on it. */
  readonly #turns = new Turns()

  constructor(deps: PeopleDeps) {
    this.#deps = deps
  }

  async find(name: string): Promise<Person | null> {
    return this.#deps.store.people.find(this.#deps.streamId, name)
  }

  /** Who has the first of the names that is known (full jids, with or without device); a name alone if none is. */
  async person(...jids: (string | null | undefined)[]): Promise<Person | null> {
    const names = jids.map(accountJid).filter(name => name !== null)
    for (const name of names) {
      const person = await this.find(name)
      if (person !== null) return person
    }
    return names[0] === undefined ? null : knownBy(names[0])
  }

  /**
   * Hands those to `keep` who must be stored because of what WhatsApp says (`said`, or what it gives, which may ask for people), nobody
   * when it is known; `keep` hands them to the store at once. A name of ours is none of somebody else's. Rejects when the store cannot
   * be read.
   */
  learn(said: Naming | (() => Promise<Naming | null>), keep: (people: Person[]) => void): Promise<void> {
    return this.#turns.take(async () => {
      const naming = typeof said === 'function' ? await said() : said
      const people = naming === null ? [] : await this.#changedBy(naming)
      if (people.length > 0) keep(people)
    })
  }

  async #changedBy(naming: Naming): Promise<Person[]> {
    const { lid, number, username, was = [], dialled = [] } = naming
    const find = await this.#findAll([lid, number, ...was, ...dialled])
    const known = find(lid ?? number ?? '')
    const asNamed =
      known !== null &&
      (lid ?? known.lid) === known.lid &&
      (number ?? known.number) === known.number &&
      (username ?? known.username) === known.username
    if (asNamed && was.length === 0 && dialled.length === 0) return []
    const names = [lid, number, ...was].filter(name => name !== null && name !== undefined)
    const own = names.filter(name => this.#isOwn(name))
    if (own.length > 0 && own.length < names.length) return []
    return learn(find, naming, this.#deps.now())
  }

  /**
   * What Baileys is about to keep of LIDs and numbers: `keep` gets the people who change, and the keys as they are to be kept, without
   * what pairs us with somebody else, and without a person's LID and number of before; it hands both to the store at once. Rejects
   * when the store cannot be read.
   */
  learnMapping(given: LidMapping, keep: (people: Person[], mapping: LidMapping) => void): Promise<void> {
    return this.#turns.take(async () => {
      const { people, mapping } = await this.#inMapping(given)
      keep(people, mapping)
    })
  }

  async #inMapping(given: LidMapping): Promise<{ people: Person[]; mapping: LidMapping }> {
    const pairs = Object.entries(given).flatMap(([user, lidUser]) =>
      lidUser === null || user.endsWith(REVERSE)
        ? []
        : [{ user, lidUser, number: `${user}@s.whatsapp.net`, lid: `${lidUser}@lid` }],
    )
    const stored = await this.#findAll(pairs.flatMap(({ number, lid }) => [number, lid]))
    const changed = new Map<string, Person>()
    const find = (name: string) => changed.get(name) ?? stored(name)
    const mapping: LidMapping = { ...given }
    for (const { user, lidUser, number, lid } of pairs) {
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

  /** Resolves when all that was learnt until now was handed to the store, where it is found at once. */
  settled(): Promise<void> {
    return this.#turns.settled()
  }

  /** Who has these names, read at once. */
  async #findAll(names: (string | null | undefined)[]): Promise<(name: string) => Person | null> {
    const asked = [...new Set(names.filter(name => name !== null && name !== undefined))]
    const found = await Promise.all(asked.map(async name => [name, await this.find(name)] as const))
    const byName = new Map(found)
    return name => byName.get(name) ?? null
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
