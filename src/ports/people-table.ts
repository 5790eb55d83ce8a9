import type { Person } from '../messages/person.ts'

/** The people that a session has to do with, by each of their names (full jids). */
export interface PeopleTable {
  /** Who has a name, or had it last; null for a name alone. What was handed over to the store is found at once. */
  find(streamId: string, name: string): Promise<Person | null>
}
