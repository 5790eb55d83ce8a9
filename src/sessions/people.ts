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
  async chatOf(name: string): Promise<string> {
    return (await this.#find(name))?.chatId ?? name
  }

  /** All names under which this chat has been, or may have been, known. */
  async namesOf(name: string): Promise<string[]> {
    return (await this.#find(name))?.names ?? [name]
  }

  /** Where a message to this name goes, as WhatsApp spells it. */
  async addressOf(name: string): Promise<string> {
    const person = await this.#find(name)
    return person === null ? name : addressIn(person, name)
  }

  async #find(name: string): Promise<Person | null> {
    return this.#people.find(this.#streamId, name)
  }
}
