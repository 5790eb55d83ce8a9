import { addressIn, type Person } from '../messages/person.ts'
import type { PeopleTable } from '../ports/people-table.ts'

/** The people of one session, by whatever name a caller or a stored row has for one; anything else is a chat of that name alone. */
export class SessionPeople {
  readonly #people: PeopleTable
  readonly #streamId: string

  constructor(people: PeopleTable, streamId: string) {
    this.#people = people
    this.#streamId = streamId
  }

  /** What the chat with a person is called. */
  chatOf(name: string): string {
    return this.#find(name)?.chatId ?? name
  }

  /** All names under which this chat has been, or may have been, known. */
  namesOf(name: string): string[] {
    return this.#find(name)?.names ?? [name]
  }

  /** Where a message to this name goes, as WhatsApp spells it. */
  addressOf(name: string): string {
    const person = this.#find(name)
    return person === null ? name : addressIn(person, name)
  }

  #find(name: string): Person | null {
    return this.#people.find(this.#streamId, name)
  }
}
