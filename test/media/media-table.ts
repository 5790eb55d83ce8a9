import type { MediaTable } from '../../src/ports/media/media-store.ts'
import type { MediaReads } from '../../src/store/tables/media.ts'
import { lateAnswers } from '../store/late-answers.ts'

/** A table of files in memory. */
export function createMediaTable(): MediaTable & { files: Map<string, number> } {
  const files = new Map<string, number>()
  let complete = false
  return {
    files,
    ...lateAnswers<MediaReads>({
      isComplete: () => complete,
      unusedSince: (before: number, limit: number) =>
        [...files]
          .filter(([, at]) => at < before)
          .toSorted(([, a], [, b]) => a - b)
          .map(([id]) => id)
          .slice(0, limit),
      unneeded: () => [],
      isUnneeded: () => false,
    }),
    async changed(changes: Parameters<MediaTable['changed']>[0]) {
      for (const change of changes) {
        // As the column of the store.
        if ('at' in change && !Number.isInteger(change.at)) throw new TypeError(`${change.at} is no integer`)
        if ('stored' in change) files.set(change.stored, change.at)
        else if ('used' in change) files.set(change.used, change.at)
        else if ('found' in change) files.set(change.found, files.get(change.found) ?? 0)
        else if ('complete' in change) complete = true
        else if ('removed' in change) files.delete(change.removed)
      }
    },
  }
}
