import type { Person } from '../../messages/person.ts'
import type { PeopleTable } from '../../ports/people-table.ts'

const keyOf = (streamId: string, name: string) => `${streamId}\0${name}`

/** Who was handed over to be stored is found at once. */
export class PeopleOnTheirWay implements PeopleTable {
  readonly #stored: PeopleTable
  readonly #people = new Map<string, Person>()

  constructor(stored: PeopleTable) {
    this.#stored = stored
  }

  async find(streamId: string, name: string): Promise<Person | null> {
    return this.#people.get(keyOf(streamId, name)) ?? (await this.#stored.find(streamId, name))
  }

  /** `write` settles when they are stored, or are not. */
  handedOver(streamId: string, people: Person[], write: Promise<void>): void {
    const written = people.flatMap(person =>
      person.names.map(name => [keyOf(streamId, name), person] as const),
    )
    for (const [key, person] of written) this.#people.set(key, person)
    const settle = () => {
      for (const [key, person] of written) if (this.#people.get(key) === person) this.#people.delete(key)
    }
    write.then(settle, settle)
  }
}
