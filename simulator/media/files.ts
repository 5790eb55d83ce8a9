import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One encrypted file: where it lies, its size in bytes, and the SHA-256 of those bytes. */
export type StoredFile = { file: string; size: number; sha256: Buffer }

type Published = StoredFile & { expired: boolean }

/**
 * The encrypted files of the media host, in a temporary folder that goes with it; nothing of them is held in memory. Above
 * `capacity` bytes the oldest are dropped, as the real hosts drop media after some weeks.
 */
export class MediaFiles {
  readonly #capacity: number
  /** By the path without its query. A file published again has an entry for each path. */
  readonly #published = new Map<string, Published>()
  #folder: Promise<string> | undefined
  #size = 0

  constructor(capacity = 2 * 1024 ** 3) {
    this.#capacity = capacity
  }

  /** Bytes on disk. */
  get size(): number {
    return this.#size
  }

  /** Writes a stream to a new file. Rejects above `limit` bytes or when the stream fails; then no file is left. */
  async write(source: AsyncIterable<Uint8Array>, limit = Number.POSITIVE_INFINITY): Promise<StoredFile> {
    this.#folder ??= mkdtemp(join(tmpdir(), 'simulated-media-'))
    const file = join(await this.#folder, randomBytes(12).toString('hex'))
    const handle = await open(file, 'wx')
    const hash = createHash('sha256')
    let size = 0
    try {
      for await (const chunk of source) {
        size += chunk.length
        if (size > limit) throw new Error(`more than ${limit} bytes`)
        hash.update(chunk)
        await handle.writeFile(chunk)
      }
    } catch (error) {
      await handle.close()
      await unlink(file)
      throw error
    }
    await handle.close()
    this.#size += size
    return { file, size, sha256: hash.digest() }
  }

  /** Gives a stored file a new direct path; it may have several. */
  async publish(stored: StoredFile): Promise<string> {
    const path = `/v/t62.7118-24/${randomBytes(12).toString('hex')}_n.enc`
    const directPath = `${path}?ccb=11-4&oh=${randomBytes(8).toString('hex')}&oe=7FFFFFFF`
    const { file, size, sha256 } = stored
    this.#published.set(path, { file, size, sha256, expired: false })
    while (this.#size > this.#capacity && this.#published.size > 1)
      await this.#drop(this.#published.keys().next().value!)
    return directPath
  }

  /** What is served under a direct path. */
  find(directPath: string): StoredFile | undefined {
    const stored = this.#published.get(pathOf(directPath))
    return stored?.expired ? undefined : stored
  }

  /** What was ever put there, as the phone that put it there has it: also when it is served no more. */
  findEvenExpired(directPath: string): StoredFile | undefined {
    return this.#published.get(pathOf(directPath))
  }

  /** Serves a direct path no more; false when it never was. */
  expire(directPath: string): boolean {
    const stored = this.#published.get(pathOf(directPath))
    if (stored) stored.expired = true
    return stored !== undefined
  }

  /** The bytes of a file, or a part of it; `end` is included. */
  read({ file }: StoredFile, range: { start?: number; end?: number } = {}): AsyncIterable<Buffer> {
    return createReadStream(file, range)
  }

  /** Forgets a path, and the file once it has no other. */
  async #drop(path: string): Promise<void> {
    const stored = this.#published.get(path)
    if (!stored || !this.#published.delete(path)) return
    for (const { file } of this.#published.values()) if (file === stored.file) return
    await this.discard(stored)
  }

  /** Deletes a file that was not published. */
  async discard({ file, size }: StoredFile): Promise<void> {
    this.#size -= size
    await rm(file, { force: true })
  }

  /** Deletes everything. */
  async close(): Promise<void> {
    this.#published.clear()
    if (this.#folder) await rm(await this.#folder, { recursive: true, force: true })
    this.#folder = undefined
    this.#size = 0
  }
}

/** A direct path without its query. */
export const pathOf = (directPath: string) => directPath.split('?', 1)[0]!
