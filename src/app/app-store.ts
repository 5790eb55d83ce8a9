import type { Clock, GuidedClock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Problem } from '../base/problem.ts'
import type { Config } from '../config.ts'
import { loadLinkKey } from '../media/serve/link-key.ts'
import { freeBytes } from '../metrics/free-bytes.ts'
import type { Mailbox } from '../ports/cluster/mailbox.ts'
import type { UpkeepTable } from '../ports/cluster/upkeep.ts'
import type { LoginTables } from '../ports/dashboard/logins.ts'
import type { Store } from '../ports/store.ts'
import { createDiskWatch } from '../store/disk-watch.ts'
import { openStore } from '../store/open-store.ts'
import { createServerWatch } from '../store/server-watch.ts'

/** So far apart two clocks are that somebody looks after. */
const FAR_MS = 5_000

export interface AppStore {
  opened: Store
  /** Where sends wait for a node; null where no other process shares the store. */
  mailbox: Mailbox | null
  /** Signs the links of media. */
  linkKey: Uint8Array
  /** Where several nodes share them. */
  logins?: LoginTables
  /** Which node does what for all; null where there are none. */
  works: UpkeepTable | null
  /** Bytes that are free where DATA_DIR lies. */
  diskFree(): Promise<number>
  /** Looks at the disk, and at the store's server if it has one, from `start` to `stop`. */
  watch: { start(): void; stop(): void; warning(): Problem | null; problem(): Problem | null }
  /** Where the data lies, for the log. */
  place: string
}

/** Opens the store that is configured, and what looks after it. Rejects as `openStore` does. */
export async function openAppStore(
  { dataDir, databaseUrl, keep }: Config,
  parts: {
    clock: Clock
    /** Makes `clock` go by the store's server, where it is one: the time of all nodes. */
    guide: GuidedClock['guide']
    logger: Logger
    maxPages: number | undefined
    onDeath(why: string): void
  },
): Promise<AppStore> {
  const { clock, guide, logger, maxPages, onDeath } = parts
  let isOff = false
  /** Once each time that it begins. */
  function sayHowFar(aheadMs: number): void {
    const was = isOff
    isOff = Math.abs(aheadMs) > FAR_MS
    if (!isOff || was) return
    const seconds = Math.round(Math.abs(aheadMs) / 1000)
    logger.warn(
      `the clock of this machine is ${seconds} s ${aheadMs > 0 ? 'behind' : 'ahead of'} PostgreSQL's, which counts: set one of them right`,
    )
  }
  const { store: opened, server } = await openStore({
    ...{ dataDir, databaseUrl, maxPages, keep },
    now: clock.now,
    onServerTime(at) {
      guide(at)
      sayHowFar(at - Date.now())
    },
    onDeath: error => onDeath(error.message),
    onUnforgotten: error => logger.error({ error }, 'old rows could not be forgotten yet'),
    onWarning: line => logger.warn(line),
    erasesDone: keep.bodiesMs !== null,
  })
  const diskFree = () => freeBytes(dataDir)
  const disk = createDiskWatch({ free: diskFree, hasStore: server === null, clock, logger })
  const looked = server && createServerWatch({ probe: server.probe, clock, logger })
  return {
    opened,
    mailbox: server?.mailbox ?? null,
    linkKey: server?.linkKey ?? loadLinkKey(dataDir),
    ...(server && { logins: server.logins }),
    works: server?.upkeep ?? null,
    diskFree,
    watch: {
      start() {
        disk.start()
        looked?.start()
      },
      stop() {
        disk.stop()
        looked?.stop()
      },
      warning: disk.warning,
      problem: () => looked?.problem() ?? null,
    },
    place: databaseUrl === null ? dataDir : placeOf(databaseUrl),
  }
}

/** Without user, password and what else may be a secret. */
function placeOf(databaseUrl: string): string {
  const { host, pathname } = new URL(databaseUrl)
  return `postgres://${host}${pathname}`
}
