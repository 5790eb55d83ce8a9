import type { LoggedFact } from '../../../machines/facts.ts'
import type { NewEvent } from '../../ports/event-log.ts'

/** The rows of facts that never enter the machine, numbered from `first`; `at` in ms. */
export const loggedRows = (facts: readonly LoggedFact[], first: number, at: number): NewEvent[] =>
  facts.map(({ type, ...data }, i) => ({ seq: first + i, at, type, data, snapshot: null }))

/** The one row that stays of a session that was deleted. */
export const tombstoneRow = (seq: number, at: number): NewEvent => ({
  seq,
  at,
  type: 'session.deleted',
  data: {},
  snapshot: null,
})
