import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../base/errors.ts'
import { isBusy } from './failures.ts'

/**
 * Takes the data directory for this process; the returned function frees it, and so does the system when the process dies.
 * Throws DATA_DIR_IN_USE if somebody has it (two writers corrupt ratchets), BAD_CONFIG if it is not writable.
 */
export function lockDataDir(dataDir: string): () => void {
  // A file of its own: an exclusive lock on the store would shut out its own reader.
  const db = new DatabaseSync(join(dataDir, 'lock.sqlite'), { timeout: 250, open: false })
  try {
    db.open()
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    if (db.isOpen) db.close()
    if (!isBusy(error)) throw unusable(dataDir, error)
    throw new GatewayError(
      'DATA_DIR_IN_USE',
      `DATA_DIR ${dataDir} is in use by another running manager: stop that one, or set another DATA_DIR`,
      { cause: error, retryable: false },
    )
  }
  return () => {
    if (db.isOpen) db.close()
  }
}

/** Makes the directory, for the owner alone, if it is missing. Throws BAD_CONFIG. */
export function makeDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw unusable(dataDir, error)
  }
}

function unusable(dataDir: string, cause: unknown): GatewayError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new GatewayError('BAD_CONFIG', `DATA_DIR ${dataDir} cannot be used: ${why}`, {
    cause,
    retryable: false,
  })
}
