import { type ErrorCode, GatewayError } from '../base/errors.ts'
import type { Said } from '../base/problem.ts'

/** An error as it goes from the writer's thread to the main thread. */
export interface Failure {
  code: ErrorCode
  message: string
  retryable: boolean
  /** Of the failure of a whole commit: which sentence tells it. */
  says?: Said['says'] | undefined
}

// https://www.sqlite.org/rescode.html
const SQLITE_BUSY = 5
const SQLITE_TOOBIG = 18
const SQLITE_CONSTRAINT = 19
const SQLITE_MISMATCH = 20

/** SQLite's primary result code, or null if the error is not SQLite's. */
function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null
  return Number(error.errcode) & 0xff
}

export const isBusy = (error: unknown) => resultCode(error) === SQLITE_BUSY

/** Whether one write was to blame, so that the others of its commit may go on. */
export function isWritesOwnFault(error: unknown): boolean {
  const code = resultCode(error)
  // Torn JSON in a row has the code of any mistake in SQL.
  if (error instanceof Error && error.message === 'malformed JSON') return true
  return code === null || code === SQLITE_CONSTRAINT || code === SQLITE_TOOBIG || code === SQLITE_MISMATCH
}

/** The refusal of one write; what was to be stored is not repeated in it. */
export function refusal(error: unknown): Failure {
  if (error instanceof GatewayError) return toFailure(error)
  const text = error instanceof Error ? error.message : String(error)
  if (/UNIQUE constraint failed: (events|sessions)\./.test(text))
    return { code: 'SEQ_CONFLICT', message: `This fact is already in the log: ${text}`, retryable: false }
  if (/UNIQUE constraint failed: messages\./.test(text))
    return { code: 'CONFLICT', message: `This message is already stored: ${text}`, retryable: false }
  return { code: 'INTERNAL', message: `The store cannot take this write: ${text}`, retryable: false }
}

/** What mends it, by SQLite's primary result code. */
const MENDS: Record<number, { says: Said['says']; mend: string }> = {
  5: { says: 'held', mend: 'another program holds store.sqlite: end it (a backup, or sqlite3)' },
  6: { says: 'held', mend: 'another program holds store.sqlite: end it (a backup, or sqlite3)' },
  8: {
    says: 'not_writable',
    mend: 'DATA_DIR cannot be written: check its owner, its mode and how it is mounted',
  },
  10: { says: 'disk_fails', mend: 'its disk fails, or is full: check free space, quota and the disk' },
  11: { says: 'damaged', mend: 'store.sqlite is damaged: stop the service and restore a backup' },
  13: { says: 'full', mend: 'its disk is full: free some space' },
  14: {
    says: 'cannot_open',
    mend: 'store.sqlite cannot be opened: check that DATA_DIR is there, who may write it, and how many files may be open',
  },
  26: { says: 'damaged', mend: 'store.sqlite is damaged: stop the service and restore a backup' },
}
const UNCLEAR = { says: 'unclear', mend: 'check free space and the disk' } as const

/** The failure of a whole commit. */
export function storeFailure(error: unknown): Failure {
  const text = error instanceof Error ? error.message : String(error)
  const { says, mend } = MENDS[resultCode(error) ?? -1] ?? UNCLEAR
  return {
    code: 'STORE_FAILED',
    message: `Nothing can be stored in DATA_DIR at the moment (${text}): ${mend}`,
    retryable: true,
    says,
  }
}

export function toFailure(error: GatewayError): Failure {
  const { code, message, retryable, says } = error
  return { code, message, retryable, says }
}

export function toError({ code, message, retryable, says }: Failure): GatewayError {
  return new GatewayError(code, message, { retryable, says })
}
