import type { Clock } from '../base/clock.ts'
import { GatewayError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { pause } from '../base/pause.ts'
import { ALONE, type Upkeep } from '../ports/cluster/upkeep.ts'
import type { MediaStore } from '../ports/media/media-store.ts'
import type { Store } from '../ports/store.ts'

/** Rows erased in one commit, some ms: what else is to be committed goes in between. */
const SLICE = 300
/** Files looked at in one go. */
const FILES = 50
const AGAIN = 60_000
/** Another node may be gone and have left something. */
const LOOK_EVERY = 15 * 60_000

export interface Erasure {
  /** The store, which with a stream also erases the files that nobody else needs. */
  store: Store
  /** Goes on with what the last run of the process left. */
  start(): void
  /** Removes the files that nobody needs; false: another node is at it, or this one may not go on. Rejects as the store does. */
  removeFiles(): Promise<boolean>
  /** Resolves once nothing is left to be erased, or what is left has failed for now. */
  idle(): Promise<void>
  /** Resolves once nothing of it runs any more. */
  stop(): Promise<void>
}

/**
 * What a deletion leaves behind: of a large session most rows, which go slice by slice, and the files that only its messages had.
 * Both stand in the store until they are gone, so that a crash forgets none of it. Among nodes one erases at a time.
 */
export function createErasure({
  store,
  files,
  clock,
  logger,
  upkeep,
}: {
  store: Store
  files: Pick<MediaStore, 'remove'>
  clock: Clock
  logger: Logger
  /** Present where several nodes share the store. */
  upkeep?: Upkeep | undefined
}): Erasure {
  const stopped = new AbortController()
  const { signal } = stopped
  const { run } = upkeep ?? ALONE
  let work: Promise<void> | null = null
  let removing: Promise<unknown> = Promise.resolve()
  let timer: unknown = null

  /** One at a time. */
  function removeFiles(): Promise<boolean> {
    const removed = removing.catch(() => {}).then(() => run('files', 0, removeUnneeded))
    removing = removed
    return removed
  }

  /** Whether none is left but those that cannot be removed. */
  async function removeUnneeded(goesOn: () => boolean): Promise<boolean> {
    const failed = new Set<string>()
    for (;;) {
      const found = await store.media.unneeded(FILES + failed.size)
      const ids = found.filter(id => !failed.has(id))
      if (ids.length === 0) return true
      if (signal.aborted || !goesOn()) return false
      const gone: { gone: string }[] = []
      for (const id of ids) if (await removeIfUnneeded(id, failed)) gone.push({ gone: id })
      if (gone.length > 0) await store.media.changed(gone)
    }
  }

  /** Asks again right before: the file may have been stored meanwhile, and then is needed. Whether it is gone; rejects as the store does. */
  async function removeIfUnneeded(id: string, failed: Set<string>): Promise<boolean> {
    let unneeded = null as boolean | null
    try {
      await files.remove(id, async () => {
        unneeded = await store.media.isUnneeded(id)
        return unneeded
      })
    } catch (error) {
      if (unneeded === null) throw error
      failed.add(id)
      logger.warn({ media: id, err: error }, 'a media file of a deleted session could not be removed')
      return false
    }
    return unneeded === true
  }

  /** Whether nothing is left. */
  async function eraseAll(goesOn: () => boolean): Promise<boolean> {
    while (!signal.aborted && goesOn()) {
      const erased = await store.eraseDeleted(SLICE)
      const removed = await removeFiles()
      if (erased < SLICE) return removed
    }
    return false
  }

  async function eraseRest(): Promise<void> {
    while (!signal.aborted) {
      try {
        if (await run('erasure', 0, eraseAll)) return
      } catch (error) {
        if (signal.aborted) return
        const code = error instanceof GatewayError ? error.code : 'INTERNAL'
        logger.error({ code }, 'a deleted session could not be erased whole, trying again later')
      }
      // What another node is at may be without what was deleted last.
      if (!signal.aborted) await pause(clock, AGAIN, signal)
    }
  }

  function goOn(): void {
    work = (work ?? Promise.resolve()).then(eraseRest)
  }

  function look(): void {
    goOn()
    if (upkeep !== undefined) timer = clock.setTimeout(look, LOOK_EVERY)
  }

  return {
    store: {
      ...store,
      async commit(write) {
        await store.commit(write)
        if (write.erase !== 'stream') return
        await removeFiles().catch(() => {})
        goOn()
      },
    },
    start: look,
    removeFiles,
    idle: async () => void (await work),
    async stop() {
      stopped.abort()
      clock.clearTimeout(timer)
      await work
    },
  }
}
