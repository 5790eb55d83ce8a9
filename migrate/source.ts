import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { lockDataDir } from '../src/store/lock.ts'
import { interruptedMove, MOVED_AWAY, movingTo } from '../src/store/moved-file.ts'
import { prepareSchema, SCHEMA_VERSION } from '../src/store/schema.ts'
import { MigrateError } from './migrate-error.ts'
import type { MovedTable, Value } from './tables.ts'

const STORE = 'store.sqlite'
const DAY_MS = 86_400_000

/** The store that moves. */
export interface Source {
  id: string
  /** An earlier move was ended while it was committed: the id that the empty store had; null: none was. */
  interrupted: string | null
  /** Signs the links of media; null: no link was ever given out. */
  linkKey: Uint8Array | null
  mediaListed: boolean
  /** Places of facts that are taken, and ids of deliveries. */
  positions: number
  lastDeliveryId: number
  count(table: MovedTable): number
  rows(table: MovedTable): Iterable<Record<string, Value>>
  /** The days, counted from 1970 on, of rows of a table that is partitioned. */
  days(table: MovedTable): number[]
  /** Nobody can start on it by mistake while its move into the store with this id is committed. Nothing is read any more. */
  leave(into: string): void
  /** It moved: for good nobody can start on it by mistake. */
  moveAway(): void
  /** It did not move: it is called as before. */
  comeBack(): void
  close(): void
}

/**
 * Opens the store of a directory and holds it, so that no manager can start on it; for a look nothing is held or changed.
 * Throws MigrateError, or DATA_DIR_IN_USE while a manager runs on it.
 */
export function openSource(dataDir: string, { onlyLooks }: { onlyLooks: boolean }): Source {
  const interrupted = interruptedMove(dataDir)
  let file = join(dataDir, interrupted?.file ?? STORE)
  if (!existsSync(file)) throw new MigrateError(missing(dataDir))
  const unlock = onlyLooks ? () => {} : lockDataDir(dataDir)
  const db = new DatabaseSync(file, { readOnly: onlyLooks, timeout: 5_000 })
  const closeFile = () => {
    if (db.isOpen) db.close()
  }
  const close = () => {
    closeFile()
    unlock()
  }
  const rename = (name: string) => {
    closeFile()
    const to = join(dataDir, name)
    renameSync(file, to)
    file = to
    syncFolder(dataDir)
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
      interrupted: interrupted?.into ?? null,
      linkKey: linkKeyIn(dataDir),
      mediaListed: store.media_listed === 1,
      positions: store.positions,
      lastDeliveryId: ids?.seq ?? 0,
      count: ({ select }) => get<{ rows: number }>(`SELECT count(*) AS rows FROM (${select})`)!.rows,
      rows: ({ select }) => db.prepare(select).iterate() as Iterable<Record<string, Value>>,
      days({ select, columns }) {
        const whose = 'lasting' in columns ? 'WHERE NOT lasting' : ''
        const sql = `SELECT DISTINCT at / ${DAY_MS} AS day FROM (${select}) ${whose}`
        return (db.prepare(sql).all() as { day: number }[]).map(({ day }) => day)
      },
      leave(into) {
        // All of it into the one file: what stands beside it has its name.
        db.exec('PRAGMA journal_mode = DELETE')
        rename(movingTo(into))
      },
      moveAway: () => rename(MOVED_AWAY),
      comeBack() {
        if (file !== join(dataDir, STORE)) rename(STORE)
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

/** A name is there to stay once its folder is on the disk. */
function syncFolder(dir: string): void {
  const folder = openSync(dir, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
