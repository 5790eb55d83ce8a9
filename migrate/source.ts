import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { lockDataDir } from '../src/store/lock.ts'
import { MOVED_AWAY } from '../src/store/open-store.ts'
import { prepareSchema, SCHEMA_VERSION } from '../src/store/schema.ts'
import { MigrateError } from './migrate-error.ts'
import type { MovedTable, Value } from './tables.ts'

/** The store that moves. */
export interface Source {
  id: string
  /** Signs the links of media; null: no link was ever given out. */
  linkKey: Uint8Array | null
  mediaListed: boolean
  /** Places of facts that are taken, and ids of deliveries. */
  positions: number
  lastDeliveryId: number
  count(table: MovedTable): number
  rows(table: MovedTable): Iterable<Record<string, Value>>
  /** From now on nobody can start on it by mistake. */
  moveAway(): void
  close(): void
}

/**
 * Opens the store of a directory and holds it, so that no manager can start on it; for a look nothing is held or changed.
 * Throws MigrateError, or DATA_DIR_IN_USE while a manager runs on it.
 */
export function openSource(dataDir: string, { onlyLooks }: { onlyLooks: boolean }): Source {
  const file = join(dataDir, 'store.sqlite')
  if (!existsSync(file)) throw new MigrateError(missing(dataDir))
  const unlock = onlyLooks ? () => {} : lockDataDir(dataDir)
  const db = new DatabaseSync(file, { readOnly: onlyLooks, timeout: 5_000 })
  const close = () => {
    if (db.isOpen) db.close()
    unlock()
  }
  try {
    if (onlyLooks) lookAtVersion(db)
    else prepareSchema(db)
    const get = <T>(sql: string) => db.prepare(sql).get() as T | undefined
    const store = get<{ id: string; media_listed: number; positions: number }>(
      'SELECT id, media_listed, positions FROM store',
    )!
    const ids = get<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'deliveries'")
    return {
      id: store.id,
      linkKey: linkKeyIn(dataDir),
      mediaListed: store.media_listed === 1,
      positions: store.positions,
      lastDeliveryId: ids?.seq ?? 0,
      count: ({ select }) => get<{ rows: number }>(`SELECT count(*) AS rows FROM (${select})`)!.rows,
      rows: ({ select }) => db.prepare(select).iterate() as Iterable<Record<string, Value>>,
      moveAway() {
        // All of it into the one file: what stands beside it has its name.
        db.exec('PRAGMA journal_mode = DELETE')
        db.close()
        renameSync(file, join(dataDir, MOVED_AWAY))
      },
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}

const missing = (dataDir: string) =>
  existsSync(join(dataDir, MOVED_AWAY))
    ? `The store of ${dataDir} has moved: ${MOVED_AWAY} is what it was`
    : `There is no store.sqlite in ${dataDir}`

function lookAtVersion(db: DatabaseSync): void {
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version !== SCHEMA_VERSION)
    throw new MigrateError(
      `The store is of another version (schema ${version}, this one knows ${SCHEMA_VERSION}), which only a move brings up to date: leave --dry-run out, or start a manager of this version on it once`,
    )
}

function linkKeyIn(dataDir: string): Uint8Array | null {
  const file = join(dataDir, 'media-link.key')
  if (!existsSync(file)) return null
  const key = readFileSync(file)
  return key.length === 32 ? key : null
}
