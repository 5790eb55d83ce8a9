import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { bounded } from '../../base/bounded.ts'
import type { Clock } from '../../base/clock.ts'
import type { GatewayError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { MediaChange, MediaStore, MediaTable } from '../../ports/media/media-store.ts'
import { diskFailure } from '../disk-failures.ts'
import { openFile, rangeOf, readOpened } from '../file-parts.ts'
import { createTurns } from '../turns.ts'
import { type Bucket, openBucket, type Timing } from './bucket.ts'
import { type Held, LocalFiles } from './local-files.ts'
import { s3Failure, WrongBytes } from './s3-failures.ts'
import { checkStart } from './start-check.ts'

const ID = /^[0-9a-f]{64}$/
/** That a file is used is told to the table once in this time, and it stays so much longer. */
const USE_TOLD_EVERY = 60 * 60 * 1000
/** One that cannot be removed must not be tried before all others. */
const TRY_AGAIN = 24 * 60 * 60 * 1000
/** Removed at the same time. */
const AT_ONCE = 10
/** What is aside for longer, nobody is removing any more, also where clocks differ by minutes. */
const ASIDE_MS = 60 * 60 * 1000

export interface S3MediaStoreOptions {
  /** `prefix` has no slash at its ends; it may be empty. */
  url: { bucket: string; prefix: string }
  region: string | null
  endpoint: string | null
  dataDir: string
  clock: Clock
  logger: Logger
  table: Pick<MediaTable, 'isComplete' | 'unusedSince' | 'changed'>
  /** As it is in production, unless it is given. */
  timing?: Timing
}

/**
 * The media of all nodes in a bucket, `prefix/ab/ab…` by id, as they lie in a data directory. A file is written here first, in
 * `media-cache`, because its id is the hash of its bytes: then one request stores it whole or not at all, any number of times. Rejects
 * with BAD_CONFIG where the bucket cannot be used; a server that is merely away is no reason not to start.
 */
export async function openS3MediaStore(options: S3MediaStoreOptions): Promise<MediaStore> {
  const { url, region, endpoint, dataDir, clock, logger, table } = options
  const bucket = openBucket({ name: url.bucket, region, endpoint, clock, timing: options.timing })
  const local = new LocalFiles(join(dataDir, 'media-cache'), clock)
  const folder = url.prefix === '' ? '' : `${url.prefix}/`
  const place = `s3://${url.bucket}/${url.prefix}`.replace(/\/$/, '')
  const inTurn = createTurns()
  const useTold = bounded<number>(10_000)

  const keyOf = (id: string) => `${folder}${id.slice(0, 2)}/${id}`
  const asideOf = (id: string) => `${folder}aside/${id}`
  const guard = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw s3Failure(place, error)
    })

  await checkStart({
    bucket,
    local,
    key: `${folder}start-check-${randomBytes(6).toString('hex')}`,
    place,
    logger,
  })
  void putBack().catch(error => logger.warn({ err: s3Failure(place, error) }, 'nothing could be put back'))

  /** A process that died while it removed something may have removed what was needed again: all of it comes back, to be asked about again. */
  async function putBack(): Promise<void> {
    for await (const page of bucket.list(`${folder}aside/`))
      for (const { key, modifiedAt } of page) {
        const id = key.slice(`${folder}aside/`.length)
        if (!ID.test(id) || modifiedAt > clock.now() - ASIDE_MS) continue
        await bucket.copy(key, keyOf(id))
        await bucket.remove(key)
      }
  }

  function isUsed(id: string): void {
    const now = clock.now()
    if ((useTold.get(id) ?? Number.NEGATIVE_INFINITY) > now - USE_TOLD_EVERY) return
    useTold.set(id, now)
    // Told again at the next use.
    table.changed([{ used: id, at: now }]).catch(() => useTold.delete(id))
  }

  function openLocal(id: string): number | null {
    const path = local.find(id)
    try {
      return path === null ? null : openFile(path)
    } catch (error) {
      throw diskFailure(error)
    }
  }

  async function hold(id: string): Promise<Held | null> {
    const held = local.hold(id)
    if (held !== null) return held
    const found = await guard(bucket.head(keyOf(id)))
    if (found === null) return null
    const whole = { start: 0, end: found.size - 1 }
    local.keep(await guard(local.spool(verified(id, bucket.read(keyOf(id), whole)), found.size)))
    return local.hold(id)
  }

  /** Whether it was removed: it was there, and `onlyIf` says yes, also when it is asked once more with the file aside. */
  async function remove(id: string, onlyIf: () => Promise<boolean>): Promise<boolean> {
    if (!(await onlyIf())) return false
    local.drop(id)
    const found = await guard(bucket.copy(keyOf(id), asideOf(id)))
    if (found) await guard(bucket.remove(keyOf(id)))
    const gone = await onlyIf()
    // Another node has stored it between the two.
    if (!gone) await guard(bucket.copy(asideOf(id), keyOf(id)))
    await guard(bucket.remove(asideOf(id)))
    return found && gone
  }

  return {
    async put(source, { maxBytes }) {
      const file = await local.spool(source, maxBytes)
      const { id, size } = file
      try {
        await inTurn(id, async () => {
          await table.changed([{ stored: id, at: clock.now() }])
          useTold.set(id, clock.now())
          await guard(putOnce(bucket, keyOf(id), file))
          local.keep(file)
        })
        return { id, size }
      } catch (error) {
        local.discard(file)
        throw error
      }
    },

    async open(id, range) {
      if (!ID.test(id)) return null
      const fd = openLocal(id)
      if (fd !== null) {
        isUsed(id)
        return readOpened(fd, range)
      }
      const found = await guard(bucket.head(keyOf(id)))
      if (found === null) return null
      const part = rangeOf(found.size, range)
      isUsed(id)
      const pieces = bucket.read(keyOf(id), part)
      const stream = Readable.from(told(place, range === undefined ? verified(id, pieces) : pieces), {
        objectMode: false,
        highWaterMark: 64 * 1024,
      })
      return { stream, size: found.size }
    },

    async withFile(id, use) {
      if (!ID.test(id)) return null
      const held = await hold(id)
      if (held === null) return null
      isUsed(id)
      try {
        return await use(held.path)
      } finally {
        held.release()
      }
    },

    async remove(id, onlyIf = async () => true) {
      return ID.test(id) && inTurn(id, () => remove(id, onlyIf))
    },

    async prune(before, limit) {
      local.shrink()
      const since = before - USE_TOLD_EVERY
      const ids = await table.unusedSince(since, limit)
      let removed = 0
      let failed: GatewayError | null = null
      const one = async (id: string): Promise<MediaChange> => {
        const isUnused = async () => (await table.unusedSince(since, limit)).includes(id)
        try {
          if (await inTurn(id, () => remove(id, isUnused))) removed++
          return { removed: id, before: since }
        } catch (error) {
          failed ??= s3Failure(place, error)
          return { used: id, at: before + TRY_AGAIN }
        }
      }
      for (let from = 0; from < ids.length; from += AT_ONCE)
        await table.changed(await Promise.all(ids.slice(from, from + AT_ONCE).map(one)))
      return { removed, more: ids.length === limit, failed }
    },

    async findAll() {
      if (await table.isComplete()) return
      for await (const page of told(place, bucket.list(folder))) {
        const ids = page.map(({ key }) => key.slice(folder.length + 3))
        const found = ids.filter((id, at) => ID.test(id) && page[at]?.key === keyOf(id))
        if (found.length > 0) await table.changed(found.map(id => ({ found: id })))
      }
      await table.changed([{ complete: true }])
    },
  }
}

/** Not where the very same bytes are: a picture that many were sent would go there once for each. An ETag of one put is its MD5, mostly. */
async function putOnce(bucket: Bucket, key: string, file: Parameters<Bucket['put']>[1]): Promise<void> {
  const found = await bucket.head(key)
  if (found?.size === file.size && found.etag.replaceAll('"', '') === file.md5) return
  await bucket.put(key, file)
}

/** The pieces of a whole file; the last one is held back until it is clear that they are those of its id. */
async function* verified(id: string, pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  let last: Buffer | null = null
  for await (const piece of pieces) {
    if (last !== null) yield last
    hash.update(piece)
    last = piece
  }
  if (hash.digest('hex') !== id) throw new WrongBytes('OtherBytes')
  if (last !== null) yield last
}

async function* told<T>(place: string, pieces: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* pieces
  } catch (error) {
    throw s3Failure(place, error)
  }
}
