import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../base/errors.ts'
import type { KeyStore } from '../ports/key-store.ts'
import type { SessionTable } from '../ports/session-table.ts'
import type { Store } from '../ports/store.ts'
import { asynchronous } from './asynchronous.ts'
import { createStatements } from './statements.ts'
import { keyReads } from './tables/keys.ts'
import { sessionReads } from './tables/sessions.ts'

/** What can be looked up in a store that may be in use. */
export type StorePeek = Pick<Store, 'sessions' | 'keys'> & { close(): void }

/**
 * Looks into the store of a data directory without taking, making or upgrading anything, whether a manager runs on it or not; null
 * where there is none yet. Throws BAD_CONFIG.
 */
export function peekIntoStore(dataDir: string): StorePeek | null {
  const file = join(dataDir, 'store.sqlite')
  if (!existsSync(file)) return null
  try {
    const db = new DatabaseSync(file, { readOnly: true, timeout: 5_000 })
    const sql = createStatements(db)
    // Made, and not prepared: the manager was stopped in its first moment.
    if (db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'sessions'").get() === undefined) {
      db.close()
      return null
    }
    return {
      sessions: asynchronous<SessionTable>(sessionReads(sql)),
      keys: asynchronous<KeyStore>(keyReads(sql)),
      close: () => db.close(),
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new GatewayError('BAD_CONFIG', `DATA_DIR ${dataDir} cannot be read: ${why}`, { cause })
  }
}
