import type { Clock } from '../base/clock.ts'
import { GatewayError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { pause } from '../base/pause.ts'
import type { MediaStore } from '../ports/media/media-store.ts'
import type { Store } from '../ports/store.ts'

/** Rows erased in one commit, some ms: what else is to be committed goes in between. */
const SLICE = 300
/** Files looked at in one go. */
const FILES = 50
const AGAIN = 60_000

export interface Erasure {
  /** The store, which with a stream also erases the files that nobody else needs. */
  store: Store
  /** Goes on with what the last run of the process left. */
  start(): void
  /** Removes the files that nobody needs; rejects as the store does. */
  removeFiles(): Promise<void>
  /** Resolves once nothing is left to be erased, or what is left has failed for now. */
  idle(): Promise<void>
  /** Resolves once nothing of it runs any more. */
  stop(): Promise<void>
}

/**
 * What a deletion leaves behind: of a large session most rows, which go slice by slice, and the files that only its messages had.
 * Both stand in the store until they are gone, so that a crash forgets none of it.
 */
export function createErasure({
  store,
  files,
  clock,
  logger,
}: {
  store: Store
  files: Pick<MediaStore, 'remove'>
  clock: Clock
  logger: Logger
}): Erasure {
  const stopped = new AbortController()
  const { signal } = stopped
  let work: Promise<void> | null = null
  let removing: Promise<void> = Promise.resolve()

  /** One at a time. */
  function removeFiles(): Promise<void> {
    removing = removing.catch(() => {}).then(removeUnneeded)
    return removing
  }

  async function removeUnneeded(): Promise<void> {
    const failed = new Set<string>()
    for (;;) {
      const found = await store.media.unneeded(FILES + failed.size)
      const ids = found.filter(id => !failed.has(id))
      if (ids.length === 0 || signal.aborted) return
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

  async function eraseRest(): Promise<void> {
    while (!signal.aborted) {
      try {
        const erased = await store.eraseDeleted(SLICE)
        await removeFiles()
        if (erased < SLICE) return
      } catch (error) {
        if (signal.aborted) return
        const code = error instanceof GatewayError ? error.code : 'INTERNAL'
        logger.error({ code }, 'a deleted session could not be erased whole, trying again later')
        await pause(clock, AGAIN, signal)
      }
    }
  }

  function goOn(): void {
    work = (work ?? Promise.resolve()).then(eraseRest)
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
    start: goOn,
    removeFiles,
    idle: async () => void (await work),
    async stop() {
      stopped.abort()
      await work
    },
  }
}
