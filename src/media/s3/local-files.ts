import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { diskFailure } from '../disk-failures.ts'
import { tooLarge } from '../refusals.ts'

/** Bytes of files that nobody uses now, and how long they stay. */
const MOST_BYTES = 256 * 1024 * 1024
const LONGEST_MS = 60 * 60 * 1000

/** A whole file on this machine that has no name yet: `md5` in hex. */
export interface Spooled {
  path: string
  id: string
  size: number
  md5: string
}

/** The path of a file that stays until it is released. */
export interface Held {
  path: string
  release(): void
}

interface Local {
  size: number
  usedAt: number
  holders: number
}

/**
 * Files of a bucket on this machine: those on their way there, whose size and hashes nobody knows before their end, and the last ones
 * that were stored or asked for, for programs that seek and for who fetches them right after. What is here is a copy: the folder
 * begins empty, and nothing in it is synced.
 */
export class LocalFiles {
  readonly #folder: string
  readonly #clock: Clock
  readonly #mostBytes: number
  /** The one that was not used for longest comes first. */
  readonly #files = new Map<string, Local>()
  #bytes = 0

  /** Throws MEDIA_STORE_FAILED. */
  constructor(folder: string, clock: Clock, mostBytes = MOST_BYTES) {
    this.#folder = folder
    this.#clock = clock
    this.#mostBytes = mostBytes
    try {
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(folder, { recursive: true, mode: 0o700 })
    } catch (error) {
      throw diskFailure(error)
    }
  }

  /** Writes a file, to be given to `keep` or `discard`. Rejects with MEDIA_TOO_LARGE, or as the source does; then nothing of it stays. */
  async spool(source: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Spooled> {
    const path = join(this.#folder, `${randomBytes(12).toString('hex')}.new`)
    const [sha256, md5] = [createHash('sha256'), createHash('md5')]
    let size = 0
    try {
      const handle = await onDisk(open(path, 'wx', 0o600))
      try {
        for await (const chunk of source) {
          size += chunk.byteLength
          if (size > maxBytes) throw tooLarge('The file', maxBytes)
          sha256.update(chunk)
          md5.update(chunk)
          await onDisk(handle.writeFile(chunk))
        }
      } finally {
        await handle.close()
      }
    } catch (error) {
      await rm(path, { force: true })
      throw error
    }
    return { path, id: sha256.digest('hex'), size, md5: md5.digest('hex') }
  }

  /** From now on it is found under its id. */
  keep({ path, id, size }: Spooled): void {
    const holders = this.#files.get(id)?.holders ?? 0
    renameSync(path, this.#pathOf(id))
    this.#forget(id)
    this.#files.set(id, { size, usedAt: this.#clock.now(), holders })
    this.#bytes += size
    this.shrink()
  }

  discard({ path }: Spooled): void {
    rmSync(path, { force: true })
  }

  /** Where it lies now; null if it is not here. */
  find(id: string): string | null {
    const file = this.#files.get(id)
    if (file === undefined) return null
    this.#files.delete(id)
    this.#files.set(id, { ...file, usedAt: this.#clock.now() })
    return this.#pathOf(id)
  }

  hold(id: string): Held | null {
    const path = this.find(id)
    const file = this.#files.get(id)
    if (path === null || file === undefined) return null
    file.holders++
    return {
      path,
      release: () => {
        const held = this.#files.get(id)
        if (held !== undefined) held.holders--
        this.shrink()
      },
    }
  }

  /** It is gone from the bucket. */
  drop(id: string): void {
    this.#forget(id)
    rmSync(this.#pathOf(id), { force: true })
  }

  /** Lets go of what is too much or too old and held by nobody; the last one stays, for whoever has just asked for it. */
  shrink(): void {
    const oldest = this.#clock.now() - LONGEST_MS
    let others = this.#files.size
    for (const [id, { usedAt, holders }] of this.#files) {
      others--
      const tooMuch = this.#bytes > this.#mostBytes && others > 0
      if (holders <= 0 && (tooMuch || usedAt < oldest)) this.drop(id)
    }
  }

  #forget(id: string): void {
    this.#bytes -= this.#files.get(id)?.size ?? 0
    this.#files.delete(id)
  }

  #pathOf(id: string): string {
    return join(this.#folder, id)
  }
}

async function onDisk<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw diskFailure(error)
  }
}
