import type { SessionContext } from '../../../machines/session.context.ts'
import { upcast } from '../../../machines/session.upcasters.ts'

/** A session as a row holds it (`context` is JSON text), brought up to today's machine. Throws if nothing here understands its version. */
export const readStoredSession = (row: {
  state: string
  context: string
  machineVersion: string
}): { state: string; context: SessionContext } => upcast({ ...row, context: JSON.parse(row.context) })
