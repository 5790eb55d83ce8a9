import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { pause } from '../base/pause.ts'
import type { MediaStore } from '../ports/media-store.ts'
import type { Store } from '../ports/store.ts'

const MINUTE = 60_000
const EVERY = 15 * MINUTE
/** At the start there are better things to do. */
const FIRST = MINUTE
/** Between two steps of a round, in ms: what else there is to do goes first. */
const PAUSE = 100
const STEP = { files: 100, messages: 500 }

export interface RetentionDeps {
  store: Pick<Store, 'eraseBodies'>
  files: Pick<MediaStore, 'prune' | 'findAll'>
  clock: Clock
  logger: Logger
  /** Age in ms at which words of messages are erased, and unused files removed; null: never. */
  bodiesMs: number | null
  mediaMs: number | null
}

/** What one step removed; `more`: another one may find as much again. */
interface Step {
  removed: number
  more: boolean
}

/**
 * Erases old bodies (BODY_KEEP_DAYS) and files that nobody asked for (MEDIA_KEEP_DAYS), in small steps, every 15 min; one timer for the
 * process. Facts, keys and idempotency keys have their own ends.
 */
export function createRetention({ store, files, clock, logger, bodiesMs, mediaMs }: RetentionDeps) {
  const stopped = new AbortController()
  const { signal } = stopped
  let timer: unknown = null
  let round: Promise<void> | null = null

  /** Resolves with the number of all that was removed. */
  async function all(step: () => Promise<Step>): Promise<number> {
    let count = 0
    while (!signal.aborted) {
      const { removed, more } = await step()
      count += removed
      if (!more) break
      await pause(clock, PAUSE, signal)
    }
    return count
  }

  async function eraseBodies(before: number): Promise<Step> {
    const removed = await store.eraseBodies(before, STEP.messages)
    return { removed, more: removed >= STEP.messages }
  }

  async function clear(): Promise<void> {
    try {
      const now = clock.now()
      const bodies = bodiesMs === null ? 0 : await all(() => eraseBodies(now - bodiesMs))
      if (mediaMs !== null) await files.findAll()
      const media = mediaMs === null ? 0 : await all(() => files.prune(now - mediaMs, STEP.files))
      if (bodies + media > 0)
        logger.info({ bodies, media }, 'old message bodies and media files were removed')
    } catch (error) {
      logger.error(
        { err: error },
        'old message bodies and media files could not be removed, trying again later',
      )
    }
  }

  function arm(ms: number): void {
    if (signal.aborted || (bodiesMs === null && mediaMs === null)) return
    timer = clock.setTimeout(() => {
      round = clear().finally(() => {
        round = null
        arm(EVERY)
      })
    }, ms)
  }

  return {
    start: () => arm(FIRST),
    /** Resolves once nothing of it runs any more. */
    async stop(): Promise<void> {
      stopped.abort()
      clock.clearTimeout(timer)
      await round
    },
  }
}
