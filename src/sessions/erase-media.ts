import type { Logger } from '../base/logger.ts'
import type { MediaStore } from '../ports/media-store.ts'
import type { Store } from '../ports/store.ts'

/**
 * The store, which with a stream also erases the files that nobody else needs. They go after the commit: what a crash leaves, or a
 * download that was under way, is unused from then on and goes by its age.
 */
export function erasingFiles(store: Store, files: Pick<MediaStore, 'remove'>, logger: Logger): Store {
  return {
    ...store,
    async commit(write) {
      if (write.erase !== 'stream') return store.commit(write)
      const ids = store.downloads.onlyOf(write.streamId)
      await store.commit(write)
      for (const id of ids) {
        try {
          await files.remove(id)
        } catch (error) {
          logger.warn({ media: id, err: error }, 'a media file of a deleted session could not be removed')
        }
      }
    },
  }
}
