import { bounded } from '../base/bounded.ts'
import type { Person } from '../messages/person.ts'
import type { OwnPeople, PeopleTable } from '../ports/people-table.ts'

/** Names of all streams that are remembered; each message in asks for one or two. */
const MAX_NAMES = 20_000
/** A name that nobody has. */
const NOBODY = Symbol('nobody')
type Known = Person | typeof NOBODY

/**
 * People without a read for each message: those asked for lately, and those whose write is on its way. Only the owner of a stream writes
 * its people; what was remembered of one that had another owner meanwhile must be forgotten.
 */
export class RecentPeople implements OwnPeople {
  readonly stored: PeopleTable
  readonly #recent = bounded<Known>(MAX_NAMES)
  readonly #onTheirWay = new Map<string, Person>()
  /** How often each stream was forgotten. */
  readonly #lives = new Map<string, number>()
  /** A read that began before one of these tells of what was. */
  #changes = 0

  constructor(stored: PeopleTable) {
    this.stored = stored
  }

  async find(streamId: string, name: string): Promise<Person | null> {
    const key = this.#keyOf(streamId, name)
    const known = this.#known(key)
    if (known !== undefined) return personOf(known)
    const before = this.#changes
    const stored = await this.stored.find(streamId, name)
    if (this.#changes === before) this.#recent.set(key, stored ?? NOBODY)
    return personOf(this.#known(key) ?? stored ?? NOBODY)
  }

  /** These were handed over; `write` settles when they are stored, or are not. */
  handedOver(streamId: string, people: Person[], write: Promise<void>): void {
    const written = people.flatMap(person =>
      person.names.map(name => ({ key: this.#keyOf(streamId, name), person })),
    )
    this.#changes++
    for (const { key, person } of written) this.#onTheirWay.set(key, person)
    const settle = (isStored: boolean) => {
      this.#changes++
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

  /** Another process may have written people of this stream since. */
  forget(streamId: string): void {
    this.#changes++
    this.#lives.set(streamId, (this.#lives.get(streamId) ?? 0) + 1)
  }

  #known(key: string): Known | undefined {
    return this.#onTheirWay.get(key) ?? this.#recent.get(key)
  }

  #keyOf(streamId: string, name: string): string {
    return `${streamId}/${this.#lives.get(streamId) ?? 0}/${name}`
  }
}

const personOf = (known: Known): Person | null => (known === NOBODY ? null : known)
