import type { MediaTable } from '../../src/ports/media/media-store.ts'

/** A table of files in memory. */
export function createMediaTable(): MediaTable & { files: Map<string, number> } {
  const files = new Map<string, number>()
  const table = {
    files,
    complete: false,
    unusedSince: (before: number, limit: number) =>
      [...files]
        .filter(([, at]) => at < before)
        .toSorted(([, a], [, b]) => a - b)
        .map(([id]) => id)
        .slice(0, limit),
    unneeded: () => [],
    isUnneeded: () => false,
    async changed(changes: Parameters<MediaTable['changed']>[0]) {
      for (const change of changes) {
        // As the column of the store.
        if ('at' in change && !Number.isInteger(change.at)) throw new TypeError(`${change.at} is no integer`)
        if ('stored' in change) files.set(change.stored, change.at)
        else if ('used' in change) files.set(change.used, change.at)
        else if ('found' in change) files.set(change.found, files.get(change.found) ?? 0)
        else if ('complete' in change) table.complete = true
        else if ('removed' in change) files.delete(change.removed)
      }
    },
  }
  return table
}
