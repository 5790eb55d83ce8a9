import { createHash, randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  futimesSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
} from 'node:fs'
import { type FileHandle, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { GatewayError } from '../base/errors.ts'
import type { MediaChange, MediaStore, MediaTable } from '../ports/media/media-store.ts'
import { tooLarge } from './refusals.ts'
import { createTurns } from './turns.ts'

const ID = /^[0-9a-f]{64}$/
const SHARD = /^[0-9a-f]{2}$/

/** Files whose age is looked at in one go. */
const LOOK_AT_ONCE = 20
/** One that cannot be removed must not be looked at before all others. */
const TRY_AGAIN = 24 * 60 * 60 * 1000

/**
 * The media of one data directory: `media/ab/ab…` by id, `media/tmp` for what is being written. Files are for the owner alone.
 * What a crash left half-written is removed here. One process per directory, which the store's lock sees to. Each file stands in
 * `table` before it is there.
 */
export function openMediaStore(options: {
  dataDir: string
  clock: Clock
  table: Pick<MediaTable, 'isComplete' | 'unusedSince' | 'changed'>
}): MediaStore {
  const { clock, table } = options
  const root = join(options.dataDir, 'media')
  const temporary = join(root, 'tmp')
  guardSync(() => {
    rmSync(temporary, { recursive: true, force: true })
    mkdirSync(temporary, { recursive: true, mode: 0o700 })
  })

  const pathOf = (id: string) => join(root, id.slice(0, 2), id)
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
  async function settle(from: string, id: string): Promise<string> {
    const path = pathOf(id)
    const folder = join(root, id.slice(0, 2))
    const made = mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined
    renameSync(from, path)
    await syncFolder(folder)
    if (made) await syncFolder(root)
    return path
  }

  return {
    async put(source, { maxBytes }) {
      const file = join(temporary, randomBytes(12).toString('hex'))
      const handle = await guard(() => open(file, 'wx', 0o600))
      try {
        const { id, size } = await write(handle, source, maxBytes).finally(() => handle.close())
        const path = await inTurn(id, async () => {
          await guard(() => table.changed([{ stored: id, at: clock.now() }]))
          return guard(() => settle(file, id))
        })
        return { id, size, path }
      } catch (error) {
        await rm(file, { force: true })
        throw error
      }
    },

    async open(id, range) {
      if (!ID.test(id)) return null
      const path = pathOf(id)
      const fd = openFile(path)
      if (fd === null) return null
      try {
        const { size } = fstatSync(fd)
        const { start, end } = range ?? { start: 0, end: size - 1 }
        if (range !== undefined && !(start >= 0 && start <= end && end < size))
          throw new RangeError(`no bytes ${start} to ${end} in a file of ${size}`)
        futimesSync(fd, clock.now() / 1000, clock.now() / 1000)
        const stream = createReadStream(path, size === 0 ? { fd } : { fd, start, end })
        return { stream, size, path }
      } catch (error) {
        closeSync(fd)
        throw error instanceof RangeError ? error : failure(error)
      }
    },

    async remove(id, onlyIf = async () => true) {
      if (!ID.test(id)) return false
      return inTurn(id, async () => (await onlyIf()) && unlinked(pathOf(id)))
    },

    async prune(before, limit) {
      const ids = await table.unusedSince(before, limit)
      let removed = 0
      let failed: GatewayError | null = null
      for (let from = 0; from < ids.length; from += LOOK_AT_ONCE) {
        const changes = ids.slice(from, from + LOOK_AT_ONCE).map((id): MediaChange => {
          try {
            const used = unlinkUnused(pathOf(id), before)
            if (used !== null) return { used: id, at: used }
            removed++
            return { removed: id, before }
          } catch (error) {
            failed ??= error as GatewayError
            return { used: id, at: before + TRY_AGAIN }
          }
        })
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

/** A descriptor of a regular file, or null; links are not followed. */
function openFile(path: string): number | null {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    if (isMissing(error)) return null
    throw failure(error)
  }
  if (fstatSync(fd).isFile()) return fd
  closeSync(fd)
  return null
}

/** Whether there was such a file. */
function unlinked(path: string): boolean {
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw failure(error)
  }
}

/** Removes a file that was not used since `before` (ms), in one call with the look at it; else, when it was used. */
function unlinkUnused(path: string, before: number): number | null {
  try {
    const { mtimeMs } = statSync(path)
    if (mtimeMs >= before) return Math.trunc(mtimeMs)
    unlinkSync(path)
    return null
  } catch (error) {
    if (isMissing(error)) return null
    throw failure(error)
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  await handle.sync().finally(() => handle.close())
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? 'unknown')
}

const isMissing = (error: unknown) => ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(codeOf(error))

async function guard<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw failure(error)
  }
}

function guardSync(act: () => void): void {
  try {
    act()
  } catch (error) {
    throw failure(error)
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

function failure(error: unknown): GatewayError {
  const code = codeOf(error)
  const message = FULL.has(code)
    ? `There is no room for media in DATA_DIR (${code}): free space on its disk`
    : `Media cannot be kept in DATA_DIR (${code}): check its disk and its permissions`
  return new GatewayError('MEDIA_STORE_FAILED', message, { cause: error })
}
