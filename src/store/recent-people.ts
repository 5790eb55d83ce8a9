import { bounded } from '../base/bounded.ts'
import type { Person } from '../messages/person.ts'
import type { PeopleTable } from '../ports/people-table.ts'
import type { Synchronous } from './asynchronous.ts'

/** Names of all streams that are remembered; each message in asks for one or two. */
const MAX_NAMES = 20_000
/** A name that nobody has. */
const NOBODY = Symbol('nobody')

/** People without a read for each message: those asked for lately, and those whose write is on its way. */
export class RecentPeople implements PeopleTable {
  readonly #stored: Synchronous<PeopleTable>
  readonly #recent = bounded<Person | typeof NOBODY>(MAX_NAMES)
  readonly #onTheirWay = new Map<string, Person>()

  constructor(stored: Synchronous<PeopleTable>) {
    this.#stored = stored
  }

  async find(streamId: string, name: string): Promise<Person | null> {
    const key = keyOf(streamId, name)
    const known = this.#onTheirWay.get(key) ?? this.#recent.get(key)
    if (known !== undefined) return known === NOBODY ? null : known
    const stored = this.#stored.find(streamId, name)
    this.#recent.set(key, stored ?? NOBODY)
    return stored
  }

  /** These were handed over; `write` settles when they are stored, or are not. */
  handedOver(streamId: string, people: Person[], write: Promise<void>): void {
    const written = people.flatMap(person =>
      person.names.map(name => ({ key: keyOf(streamId, name), person })),
    )
    for (const { key, person } of written) this.#onTheirWay.set(key, person)
    const settle = (isStored: boolean) => {
      for (const { key, person } of written) {
        if (this.#onTheirWay.get(key) !== person) continue
        this.#onTheirWay.delete(key)
        if (isStored) this.#recent.set(key, person)
        else this.#recent.delete(key)
      }
    }
    write.then(
      () => settle(true),
      () => settle(false),
    )
  }
}

const keyOf = (streamId: string, name: string) => `${streamId}/${name}`
