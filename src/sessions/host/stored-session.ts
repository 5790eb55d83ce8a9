import { initialContext, type SessionContext } from '../../../machines/session.context.ts'
import { SESSION_MACHINE_VERSION } from '../../../machines/session.machine.ts'
import { isState } from '../../../machines/session.state.ts'
import { upcast } from '../../../machines/session.upcasters.ts'
import type { SessionRow } from '../../ports/session-table.ts'
import { damagedField } from './context-shape.ts'

/** A session as a row holds it: dotted state, context as JSON text. */
export interface StoredSessionRow {
  state: string
  context: string
  machineVersion: string
}

/** Where a session stands. */
export interface Standing {
  /** Dotted. */
  state: string
  context: SessionContext
}

/** Where the chart has what nobody here can run: Laravel is told `inactive`, and somebody must act. */
const STANDS_STILL = 'reconnecting.suspended'
const MEND = 'Restore DATA_DIR from a backup, or delete the session and link it again.'

/** A stored session that nothing here understands; the message says what would help. */
export class UnreadableSession extends Error {
  override readonly name = 'UnreadableSession'
}

/** A stored session, brought up to today's machine. Throws UnreadableSession. */
export function readStoredSession(row: StoredSessionRow): Standing {
  const session = brought(row)
  if (!isState(session.state))
    throw new UnreadableSession(
      `Its newest row has a state that the statechart does not have (${session.state.slice(0, 80)}). ${MEND}`,
    )
  const damaged = damagedField(session.context)
  if (damaged !== null)
    throw new UnreadableSession(`Its newest row is damaged (${damaged} is not what it must be). ${MEND}`)
  return session
}

/** The same for whoever only shows it: what cannot be read stands still, with the reason. */
export function showStoredSession(row: SessionRow): Standing {
  try {
    return readStoredSession(row)
  } catch (error) {
    return standingStill(row, error)
  }
}

/** A session that cannot be run here, whatever its row says. */
export function standingStill(
  { sessionId, userId, createdAt: at }: Pick<SessionRow, 'sessionId' | 'userId' | 'createdAt'>,
  why: unknown,
): Standing {
  const context = initialContext({ sessionId, userId, at })
  const outage = { since: at, rests: 1, told: true }
  return {
    state: STANDS_STILL,
    context: { ...context, outage, reason: 'unreadable', reasonText: sentenceOf(why) },
  }
}

/** Why a session cannot be run here, without anything of what is stored: a sentence, or what was thrown. */
export function sentenceOf(why: unknown): string {
  if (typeof why === 'string') return why
  return why instanceof UnreadableSession ? why.message : `Its stored data cannot be used. ${MEND}`
}

function brought(row: StoredSessionRow): Standing {
  const { machineVersion } = row
  if (Number(machineVersion) > Number(SESSION_MACHINE_VERSION))
    throw new UnreadableSession(
      `It was written by a newer version of the service (machine ${machineVersion.slice(0, 20)}, this one has ${SESSION_MACHINE_VERSION}). Install that version again: the session then goes on by itself.`,
    )
  let context: unknown
  try {
    context = JSON.parse(row.context)
  } catch {
    throw new UnreadableSession(`Its newest row is torn: it is not JSON. ${MEND}`)
  }
  try {
    return upcast({ ...row, context: context as Record<string, unknown> })
  } catch {
    throw new UnreadableSession(
      `Its newest row was written by a version that nothing here understands (machine ${machineVersion.slice(0, 20)}, this one has ${SESSION_MACHINE_VERSION}). ${MEND}`,
    )
  }
}
