import type { SessionContext } from '../../../machines/session.context.ts'
import { isState } from '../../../machines/session.state.ts'
import { upcast } from '../../../machines/session.upcasters.ts'

/** A session as a row holds it: dotted state, context as JSON text. */
export interface StoredSessionRow {
  state: string
  context: string
  machineVersion: string
}

/** A stored session, brought up to today's machine. Throws a sentence if nothing here understands it. */
export function readStoredSession(row: StoredSessionRow): { state: string; context: SessionContext } {
  const session = upcast({ ...row, context: JSON.parse(row.context) })
  if (!isState(session.state)) throw new Error(`The statechart has no state ${session.state}.`)
  return session
}

/** The same for whoever only shows it: what nothing here understands is shown as it is stored. */
export function showStoredSession(row: StoredSessionRow): { state: string; context: SessionContext } {
  try {
    return readStoredSession(row)
  } catch {
    return { state: row.state, context: JSON.parse(row.context) as SessionContext }
  }
}
