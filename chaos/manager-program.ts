import { enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { type Commands, offer } from '../harness/rpc.ts'
import type { Store } from '../src/ports/store.ts'
import { type KillPoint, type NodePoint, watchKillPoints } from './kill-points.ts'
import { type Mode, storeWithoutFence, storeWithoutInbox, stubbornOwners } from './modes.ts'
import { countingRefusals } from './stale-writes.ts'

/** The manager of a run: the whole product in a process of its own, which can be told when to kill itself. */

enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/node', import.meta.url)))
const { createApp } = await import('../src/app.ts')
const { loadConfig } = await import('../src/config.ts')
const { createLogger } = await import('../src/base/logger.ts')

export type Signal = 'SIGKILL' | 'SIGTERM'

/** How one process of the manager runs and ends. */
export interface ProcessOptions {
  mode: Mode
  /**
   * Where the process sends itself a signal: at which occurrence of the point, counted from the start or from so many ms after it listened;
   * null: it runs until somebody else ends it.
   */
  killAt: { point: KillPoint; occurrence: number; afterMs: number; signal: Signal } | null
  /** The disk is full so many pages of 4 KiB after what the store has now; null: it never is. */
  pagesLeft: number | null
  /** How often WhatsApp is asked whether it is there, in ms. */
  keepAliveMs?: number
}

let store: Store | null = null
/** See `signalAt`. */
let signalAt: { point: NodePoint; signal: NodeJS.Signals } | null = null
/** When each socket to WhatsApp was begun, in ms since 1970. */
const begun: number[] = []

const STORES: Record<Mode, (store: Store) => Store> = {
  safe: store => countingRefusals(store),
  naive: storeWithoutInbox,
  unfenced: storeWithoutFence,
}

const commands = {
  /** Starts the app; resolves with its address. */
  async begin({ mode, killAt, pagesLeft, keepAliveMs }: ProcessOptions): Promise<string> {
    const config = loadConfig(process.env)
    let occurrences = 0
    let stopping = false
    let countsFrom = killAt?.afterMs === 0 ? 0 : Number.POSITIVE_INFINITY
    const points = watchKillPoints(point => {
      if (point === signalAt?.point) {
        const { signal } = signalAt
        signalAt = null
        process.kill(process.pid, signal)
      }
      // A second SIGTERM would end what stops.
      if (stopping || point !== killAt?.point || Date.now() < countsFrom) return
      if (++occurrences === killAt.occurrence) process.kill(process.pid, killAt.signal)
    })
    const app = await createApp(config, createLogger(config.log), {
      ...points,
      ...(keepAliveMs !== undefined && { keepAliveMs }),
      whatsapp(whatsapp) {
        const watched = points.whatsapp!(whatsapp)
        return {
          ...watched,
          open(owner, signal) {
            begun.push(Date.now())
            return watched.open(owner, signal)
          },
        }
      },
      owners(table) {
        return points.owners!(mode === 'unfenced' ? stubbornOwners(table) : table)
      },
      // The moments are those of the product, so they lie outside of what is left out.
      store(opened) {
        store = opened
        return points.store!(STORES[mode](opened))
      },
      ...(pagesLeft !== null && { maxPages: pagesOf(config.dataDir) + pagesLeft }),
    })
    flushCompileCache()
    if (killAt !== null) countsFrom = Math.min(countsFrom, Date.now() + killAt.afterMs)
    process.once('SIGTERM', () => {
      stopping = true
      setTimeout(() => process.exit(1), config.shutdownGraceMs).unref()
      app.stop().then(
        () => process.exit(0),
        () => process.exit(1),
      )
    })
    return app.url
  },

  /** The process sends itself a signal as soon as it comes by this point. */
  signalAt(point: NodePoint, signal: NodeJS.Signals): void {
    signalAt = { point, signal }
  },

  /** Under which name a Redis knows this installation. */
  installation: (): string => store?.id ?? '',

  /** When each socket was begun. */
  connects: (): number[] => begun,

  /** Deliveries that Laravel did not take yet. */
  pending: async (): Promise<number> => (await store?.deliveries.counts())?.pending ?? 0,
} satisfies Commands

export type ManagerCommands = typeof commands

function pagesOf(dataDir: string): number {
  const db = new DatabaseSync(join(dataDir, 'store.sqlite'))
  try {
    return Number(db.prepare('PRAGMA page_count').get()?.page_count)
  } finally {
    db.close()
  }
}

offer(commands)
