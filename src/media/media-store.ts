import { createHash, randomBytes } from 'node:crypto'
import { closeSync, futimesSync, mkdirSync, renameSync, rmSync, statSync, unlinkSync } from 'node:fs'
import { type FileHandle, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { GatewayError } from '../base/errors.ts'
import type { MediaChange, MediaStore, MediaTable } from '../ports/media/media-store.ts'
import { diskFailure, isMissing } from './disk-failures.ts'
import { openFile, readOpened } from './file-parts.ts'
import { tooLarge } from './refusals.ts'
import { openSharedFolder, removeAside } from './shared-folder.ts'
import { createTurns } from './turns.ts'

const ID = /^[0-9a-f]{64}$/
const SHARD = /^[0-9a-f]{2}$/

/** Files whose age is looked at in one go. */
const LOOK_AT_ONCE = 20
/** One that cannot be removed must not be looked at before all others. */
const TRY_AGAIN = 24 * 60 * 60 * 1000

/**
 * The media of one data directory: `media/ab/ab…` by id, `media/tmp` for what is being written. Files are for the owner alone.
 * What a crash left half-written is removed here. One process per directory, which the store's lock sees to; a `sharedFolder` in its
 * place is that of all nodes. Each file stands in `table` before it is there.
 */
export function openMediaStore(options: {
  dataDir: string
  sharedFolder?: string
  clock: Clock
  table: Pick<MediaTable, 'isComplete' | 'unusedSince' | 'changed'>
}): MediaStore {
  const { clock, table, sharedFolder } = options
  const root = sharedFolder ?? join(options.dataDir, 'media')
  const where = sharedFolder === undefined ? 'DATA_DIR' : 'the folder of MEDIA_URL'
  const temporary = join(root, 'tmp')
  const pathOf = (id: string) => join(root, id.slice(0, 2), id)
  const asideOf = (id: string) => join(root, 'aside', id)
  const { guard, guardSync } = guardsOf(where)
  guardSync(() => {
    if (sharedFolder !== undefined) return openSharedFolder({ temporary, aside: join(root, 'aside') }, pathOf)
    rmSync(temporary, { recursive: true, force: true })
    mkdirSync(temporary, { recursive: true, mode: 0o700 })
  })

  /** What is said of a file and where it lies change together, as long as one process has them. */
  const inTurn = createTurns()

  async function write(handle: FileHandle, source: AsyncIterable<Uint8Array>, maxBytes: number) {
    const hash = createHash('sha256')
    let size = 0
    for await (const chunk of source) {
      size += chunk.byteLength
      if (size > maxBytes) throw tooLarge('The file', maxBytes)
      hash.update(chunk)
      await guard(() => handle.writeFile(chunk))
    }
    const now = clock.now() / 1000
    await guard(() => handle.utimes(now, now))
    await guard(() => handle.sync())
    return { id: hash.digest('hex'), size }
  }

  /** The last step is one call: `prune` looks and unlinks in one call, too, so it cannot take the file that has just come. */
  async function settle(from: string, id: string): Promise<void> {
    const folder = join(root, id.slice(0, 2))
    const made = mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined
    renameSync(from, pathOf(id))
    await syncFolder(folder)
    if (made) await syncFolder(root)
  }

  /** A descriptor of a file, which is used from now on. */
  function use(id: string): number | null {
    return guardSync(() => {
      const fd = ID.test(id) ? openFile(pathOf(id)) : null
      if (fd !== null) futimesSync(fd, clock.now() / 1000, clock.now() / 1000)
      return fd
    })
  }

  /** Removes a file that was not used since `before` (ms); else, when it was used. */
  async function removeUnused(id: string, before: number): Promise<number | null> {
    if (sharedFolder === undefined) return unlinkUnused(pathOf(id), before)
    let used: number | null = null
    await removeAside(pathOf(id), asideOf(id), async path => {
      used = usedSince(path, before)
      return used === null
    })
    return used
  }

  return {
    async put(source, { maxBytes }) {
      const file = join(temporary, randomBytes(12).toString('hex'))
      const handle = await guard(() => open(file, 'wx', 0o600))
      try {
        const { id, size } = await write(handle, source, maxBytes).finally(() => handle.close())
        await inTurn(id, async () => {
          await guard(() => table.changed([{ stored: id, at: clock.now() }]))
          await guard(() => settle(file, id))
        })
        return { id, size }
      } catch (error) {
        await rm(file, { force: true })
        throw error
      }
    },

    async open(id, range) {
      const fd = use(id)
      return fd === null ? null : readOpened(fd, range)
    },

    async withFile(id, work) {
      const fd = use(id)
      if (fd === null) return null
      closeSync(fd)
      return work(pathOf(id))
    },

    async remove(id, onlyIf = async () => true) {
      if (!ID.test(id)) return false
      return inTurn(id, async () => {
        if (sharedFolder !== undefined) return guard(() => removeAside(pathOf(id), asideOf(id), onlyIf))
        return (await onlyIf()) && guardSync(() => unlinked(pathOf(id)))
      })
    },

    async prune(before, limit) {
      const ids = await table.unusedSince(before, limit)
      let removed = 0
      let failed: GatewayError | null = null
      for (let from = 0; from < ids.length; from += LOOK_AT_ONCE) {
        const changes: MediaChange[] = []
        for (const id of ids.slice(from, from + LOOK_AT_ONCE))
          try {
            const used = await removeUnused(id, before)
            if (used === null) removed++
            changes.push(used === null ? { removed: id, before } : { used: id, at: used })
          } catch (error) {
            failed ??= diskFailure(error, where)
            changes.push({ used: id, at: before + TRY_AGAIN })
          }
        await table.changed(changes)
      }
      return { removed, more: ids.length === limit, failed }
    },

    async findAll() {
      if (await table.isComplete()) return
      for (const shard of await guard(() => readdir(root))) {
        if (!SHARD.test(shard)) continue
        const ids = await guard(() => readdir(join(root, shard)))
        const found = ids.filter(id => ID.test(id)).map(id => ({ found: id }))
        if (found.length > 0) await table.changed(found)
      }
      await table.changed([{ complete: true }])
    },
  }
}

/** Whether there was such a file. */
function unlinked(path: string): boolean {
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

/** Removes a file that was not used since `before` (ms), in one call with the look at it; else, when it was used. */
function unlinkUnused(path: string, before: number): number | null {
  try {
    const used = usedSince(path, before)
    if (used === null) unlinkSync(path)
    return used
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** When a file was used, if that was at `before` (ms) or later. */
function usedSince(path: string, before: number): number | null {
  const { mtimeMs } = statSync(path)
  return mtimeMs >= before ? Math.trunc(mtimeMs) : null
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  await handle.sync().finally(() => handle.close())
}

/** What the disk refuses is told as MEDIA_STORE_FAILED. */
function guardsOf(where: string) {
  return {
    async guard<T>(act: () => Promise<T>): Promise<T> {
      try {
        return await act()
      } catch (error) {
        throw diskFailure(error, where)
      }
    },
    guardSync<T>(act: () => T): T {
      try {
        return act()
      } catch (error) {
        throw diskFailure(error, where)
      }
    },
  }
}
