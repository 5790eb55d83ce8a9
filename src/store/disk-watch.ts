import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Problem } from '../base/problem.ts'

/** Below this many free bytes somebody hears of it, and again once there is so much room. */
const LOW = 500e6
const ENOUGH = 600e6
const EVERY_MS = 60_000

/** Looks how much room there is for what is to be stored: a full disk stops every session, so it is told before. */
export function createDiskWatch({
  free,
  hasStore = true,
  clock,
  logger,
}: {
  /** Bytes that may still be written. */
  free(): Promise<number>
  /** The store lies there, too; without it only files do. */
  hasStore?: boolean
  clock: Clock
  logger: Logger
}): { start(): void; stop(): void; warning(): Problem | null } {
  /** Free megabytes while they are few. */
  let low: number | null = null
  let timer: unknown
  let stopped = false

  async function look(): Promise<void> {
    const bytes = await free().catch(() => null)
    if (bytes === null || stopped) return
    const was = low
    low = bytes < LOW || (was !== null && bytes < ENOUGH) ? Math.floor(bytes / 1e6) : null
    if (was === null && low !== null) logger.warn({ free_mb: low }, 'the disk of DATA_DIR is nearly full')
    if (was !== null && low === null) logger.info('the disk of DATA_DIR has room again')
  }

  function arm(): void {
    timer = clock.setTimeout(() => {
      void look()
      arm()
    }, EVERY_MS)
  }

  return {
    start() {
      void look()
      arm()
    },
    stop() {
      stopped = true
      clock.clearTimeout(timer as never)
    },
    warning() {
      if (low === null) return null
      const lack = `The disk of DATA_DIR has only ${low} MB left: free some space, or set how long`
      const message = hasStore
        ? `${lack} things are kept (MESSAGES_KEEP_DAYS, MEDIA_KEEP_DAYS); when it is full, every session stands still.`
        : `${lack} files are kept (MEDIA_KEEP_DAYS); when it is full, no file can be sent or received.`
      const says = hasStore ? 'nearly_full' : 'nearly_full_of_files'
      return { code: 'DISK_LOW', message, said: [{ says, values: { mb: low } }] }
    },
  }
}
