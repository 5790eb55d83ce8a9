import type { BinaryNode } from '@whiskeysockets/baileys'
import type { NumberLookup } from './number-lookup.ts'
import type { People } from './people.ts'

/** Numbers that wait to be asked for; more are asked for when WhatsApp says so again. */
const MAX_WAITING = 100

/** WhatsApp says with an ack (`refresh_lid="true"`) that a number has another LID than we know: it is asked for, one at a time. */
export class LidRefresh {
  readonly #numbers: Pick<NumberLookup, 'ask'>
  readonly #people: Pick<People, 'person'>
  readonly #waiting = new Set<string>()
  #isAsking = false

  constructor(numbers: Pick<NumberLookup, 'ask'>, people: Pick<People, 'person'>) {
    this.#numbers = numbers
    this.#people = people
  }

  /** Rejects when the store cannot be read. */
  async acked({ attrs }: BinaryNode): Promise<void> {
    if (attrs.refresh_lid !== 'true') return
    const number = (await this.#people.person(attrs.from))?.number
    if (!number || this.#waiting.size >= MAX_WAITING) return
    this.#waiting.add(number.slice(0, number.indexOf('@')))
    if (!this.#isAsking) void this.#askAll()
  }

  async #askAll(): Promise<void> {
    this.#isAsking = true
    for (const phone of this.#waiting) {
      // Unanswered: the next ack says it again.
      await this.#numbers.ask(phone).catch(() => {})
      this.#waiting.delete(phone)
    }
    this.#isAsking = false
  }
}
