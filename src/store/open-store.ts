import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { GatewayError } from '../base/errors.ts'
import type { Store, StoreServer } from '../ports/store.ts'
import { lockDataDir, makeDataDir } from './lock.ts'
import { interruptedMove, MOVED_AWAY } from './moved-file.ts'

const DAY_MS = 86_400_000

export interface StoreOptions {
  /** Where SQLite's file lies; held for this process in any case, as media lie there, too. */
  dataDir: string
  /** `postgres://user:password@host:port/database`; null: SQLite in `dataDir`. */
  databaseUrl: string | null
  now?: () => number
  /** Hears what time it is by the store's server, which is that of all nodes, in ms since the epoch; never called for SQLite. */
  onServerTime?: (at: number) => void
  /** Upper limit of SQLite's file in pages of 4 KiB, for tests of a full disk. */
  maxPages?: number | undefined
  /** How long facts of messages, and messages, are kept, in ms; null: for ever. */
  keep?: { eventsMs: number | null; messagesMs: number | null }
  /** Of a stanza that was done only the hash stays, whatever became of its message. */
  erasesDone?: boolean
  /** The thread that writes SQLite's file ended: every write fails from now on, and the process must end. */
  onDeath?: (error: GatewayError) => void
  /** Something too old could not be forgotten, and this is why; all else goes on. */
  onUnforgotten?: (why: string) => void
  /** Something that somebody should know of the server, in one line. */
  onWarning?: (line: string) => void
}

export interface OpenedStore {
  store: Store
  /** Where the store is a server: what all nodes must have alike, and how the server stands. */
  server: StoreServer | null
}

/**
 * Opens the store that is configured, and loads no other. Rejects with DATA_DIR_IN_USE, BAD_CONFIG (the directory or the database cannot be
 * used, or was written by newer code) or STORE_FAILED.
 */
export async function openStore({ dataDir, databaseUrl, ...options }: StoreOptions): Promise<OpenedStore> {
  if (interruptedMove(dataDir) !== null)
    throw new GatewayError(
      'BAD_CONFIG',
      `The move of DATA_DIR ${dataDir} into PostgreSQL was ended while it was committed: run npm run migrate -- --from ${dataDir} again, which finds out what became of it, and finishes it`,
      { retryable: false },
    )
  const isHere = existsSync(join(dataDir, 'store.sqlite'))
  if (databaseUrl === null) {
    // Two stores that went on from the same keys would tear them.
    if (!isHere && existsSync(join(dataDir, MOVED_AWAY)))
      throw new GatewayError(
        'BAD_CONFIG',
        `The store of DATA_DIR ${dataDir} moved into PostgreSQL: set DATABASE_URL and REDIS_URL. Only if no manager ran there since, call ${MOVED_AWAY} store.sqlite again`,
        { retryable: false },
      )
    const { openSqliteStore } = await import('./sqlite.ts')
    const { maxPages, keep: _, onWarning: __, onServerTime: ___, ...rest } = options
    const store = await openSqliteStore({ dataDir, ...rest, ...(maxPages !== undefined && { maxPages }) })
    return { store, server: null }
  }
  makeDataDir(dataDir)
  const unlock = lockDataDir(dataDir)
  try {
    const { openPostgresStore } = await import('./postgres/postgres.ts')
    const { maxPages: _, keep, onDeath: __, ...rest } = options
    const { server, ...store } = await openPostgresStore({
      ...rest,
      url: databaseUrl,
      keepDays: keep ? daysKept(keep) : 0,
    })
    if (isHere)
      options.onWarning?.(
        `DATA_DIR ${dataDir} has a store of its own, store.sqlite, which nobody uses with DATABASE_URL: move it (npm run migrate -- --from ${dataDir}), or delete it`,
      )
    const close = () => store.close().finally(unlock)
    return { store: { ...store, close }, server }
  } catch (error) {
    unlock()
    throw error
  }
}

/** The shorter of both in days, which a partition has to fit; 0: both are kept for ever. */
function daysKept({ eventsMs, messagesMs }: NonNullable<StoreOptions['keep']>): number {
  const limits = [eventsMs, messagesMs].filter(limit => limit !== null)
  return limits.length === 0 ? 0 : Math.ceil(Math.min(...limits) / DAY_MS)
}
