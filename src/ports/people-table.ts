import type { Person } from '../messages/person.ts'

/** The people that a session has to do with, by each of their names (full jids). */
export interface PeopleTable {
  /** Who has a name, or had it last; null for a name alone. What was handed over to the store is found at once. */
  find(streamId: string, name: string): Promise<Person | null>
}

/** Those of a store, for the owner of their stream, which remembers what it has asked. */
export interface OwnPeople extends PeopleTable {
  /** As they are stored, for whoever only shows them: another process may own the stream, and learn of somebody meanwhile. */
  readonly stored: PeopleTable
}
