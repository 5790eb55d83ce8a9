import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { pause } from '../base/pause.ts'
import { ALONE, type Upkeep } from '../ports/cluster/upkeep.ts'
import type { MediaStore } from '../ports/media/media-store.ts'
import type { PruneCursor, Store } from '../ports/store.ts'

const MINUTE = 60_000
const EVERY = 15 * MINUTE
/** At the start there are better things to do. */
const FIRST = MINUTE
/** Between two steps of a round, in ms: what else there is to do goes first. */
const PAUSE = 100
const STEP = { files: 100, messages: 500 }

export interface RetentionDeps {
  store: Pick<Store, 'eraseBodies' | 'prune'>
  files: Pick<MediaStore, 'prune' | 'findAll'>
  /** Removes the files that no message has any more. */
  removeFiles(): Promise<unknown>
  /** Where several nodes share the store: one round of one of them is enough for all. */
  upkeep?: Upkeep | undefined
  clock: Clock
  logger: Logger
  keep: Keep
  /** How long a send may wait for a connection. */
  sendMaxAgeMs: number
}

/** Age in ms at which facts of messages and whole messages go, words of messages are erased, and unused files removed; null: never. */
export interface Keep {
  eventsMs: number | null
  messagesMs: number | null
  bodiesMs: number | null
  mediaMs: number | null
}

/** What one step removed; `more`: another one may find as much again. */
interface Step {
  removed: number
  more: boolean
}

/**
 * Removes what is too old to be kept (EVENTS_KEEP_DAYS, MESSAGES_KEEP_DAYS, BODY_KEEP_DAYS, MEDIA_KEEP_DAYS), in small steps, every
 * 15 min; one timer for the process. Among nodes one does it for all, and another from the next time on if that is gone. Keys and
 * idempotency keys have their own ends.
 */
export function createRetention({
  store,
  files,
  removeFiles,
  clock,
  logger,
  keep,
  sendMaxAgeMs,
  upkeep = ALONE,
}: RetentionDeps) {
  const { eventsMs, messagesMs, bodiesMs } = keep
  // A file must outlive the sends that wait.
  const mediaMs = keep.mediaMs && Math.max(keep.mediaMs, 2 * sendMaxAgeMs)
  const stopped = new AbortController()
  const { signal } = stopped
  let timer: unknown = null
  let round: Promise<void> | null = null
  let mayGoOn = () => true
  const goesOn = () => !signal.aborted && mayGoOn()

  /** Resolves with the number of all that was removed. */
  async function all(step: () => Promise<Step>): Promise<number> {
    let count = 0
    while (goesOn()) {
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

  /** Adds to what was removed. */
  async function prune(now: number, removed: { facts: number; messages: number }): Promise<void> {
    if (eventsMs === null && messagesMs === null) return
    const request = {
      factsBefore: eventsMs && now - eventsMs,
      messagesBefore: messagesMs && now - messagesMs,
      limit: STEP.messages,
    }
    let from: PruneCursor = { session: 0, seq: 0 }
    await all(async () => {
      const { facts, messages, next } = await store.prune({ ...request, from })
      removed.facts += facts
      removed.messages += messages
      from = next ?? from
      return { removed: facts + messages, more: next !== null }
    })
  }

  /** What one kind does not get done must not keep the others from it. */
  async function safely(what: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      logger.error(
        { what, err: error },
        'what is too old to be kept could not be removed, trying again later',
      )
    }
  }

  async function pruneFiles(before: number): Promise<Step> {
    const { removed, more, failed } = await files.prune(before, STEP.files)
    if (failed !== null) logger.warn({ err: failed }, 'an old media file could not be removed')
    return { removed, more }
  }

  /** Whether all was looked at. */
  async function clear(): Promise<boolean> {
    const now = clock.now()
    const removed = { facts: 0, messages: 0, bodies: 0, media: 0 }
    await safely('facts and messages', () => prune(now, removed))
    if (removed.messages > 0) await safely('the files of messages', removeFiles)
    if (bodiesMs !== null)
      await safely('words', async () => {
        removed.bodies = await all(() => eraseBodies(now - bodiesMs))
      })
    if (mediaMs !== null) {
      if (goesOn()) await safely('files', () => files.findAll())
      await safely('files', async () => {
        removed.media = await all(() => pruneFiles(now - mediaMs))
      })
    }
    if (Object.values(removed).some(count => count > 0))
      logger.info(removed, 'what was too old to be kept was removed')
    return goesOn()
  }

  function arm(ms: number): void {
    if (signal.aborted || Object.values(keep).every(age => age === null)) return
    timer = clock.setTimeout(() => {
      round = safely('all of it', () =>
        upkeep.run('retention', EVERY - FIRST, may => {
          mayGoOn = may
          return clear()
        }),
      ).finally(() => {
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
