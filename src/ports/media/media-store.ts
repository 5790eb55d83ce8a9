import type { Readable } from 'node:stream'
import type { GatewayError } from '../../base/errors.ts'

/**
 * The files of messages, by what is in them: the same content is one file, whoever stored it, so who removes one asks first who
 * else needs it. An id that was not given by `put` does not exist. Rejects with MEDIA_STORE_FAILED when what keeps them refuses.
 */
export interface MediaStore {
  /** Durable once it resolves. Rejects with MEDIA_TOO_LARGE above `maxBytes`, or as `source` does; then nothing of it stays. */
  put(source: AsyncIterable<Uint8Array>, limits: { maxBytes: number }): Promise<StoredMedia>
  /** null if there is no such file. `start` and `end` are offsets in bytes, both inclusive, of a range within the file. */
  open(id: string, range?: { start: number; end: number }): Promise<OpenedMedia | null>
  /** Runs `work` with the path of the whole file on this machine, for programs that seek; null if there is no such file. */
  withFile<T>(id: string, work: (path: string) => Promise<T>): Promise<T | null>
  /**
   * Whether there was such a file, and it went. With `onlyIf` it is removed only if that resolves with true; what is stored from that
   * question on is there afterwards, whichever node stores it. Rejects as `onlyIf` does, too.
   */
  remove(id: string, onlyIf?: () => Promise<boolean>): Promise<boolean>
  /**
   * Removes files that were neither stored nor opened since `before`, an hour more or less, of at most `limit` that may be such. `removed`
   * is their number;
   * `more`: it is worth to go on. `failed`: why one or more could not be removed, which are tried again a day later.
   */
  prune(
    before: number,
    limit: number,
  ): Promise<{ removed: number; more: boolean; failed: GatewayError | null }>
  /** Makes the files of before there was a table of them known, once; later it finds that out at a glance. */
  findAll(): Promise<void>
}

/** A stored file: `id` is the SHA-256 of its bytes in hex, `size` their number. */
export interface StoredMedia {
  id: string
  size: number
}

/** Bytes of a stored file, which outlive its removal. The stream must be read to its end or destroyed. */
export interface OpenedMedia {
  /** The whole file or the range that was asked for. */
  stream: Readable
  /** Bytes of the whole file. */
  size: number
}

/** The files of the media store, so that none has to be looked for on the disk. */
export interface MediaTable {
  /** False until the files of before this table was there are in it. */
  isComplete(): Promise<boolean>
  /** Files that were not stored since `before` (ms), longest ago first; they may have been opened since. */
  unusedSince(before: number, limit: number): Promise<string[]>
  /** Files that only messages had which are gone; nobody needs them. */
  unneeded(limit: number): Promise<string[]>
  isUnneeded(id: string): Promise<boolean>
  /** Resolves once durable. A file is told as stored before it is there, so that each file is known. */
  changed(changes: MediaChange[]): Promise<void>
}

export type MediaChange =
  /** It is stored, again perhaps, and needed. */
  | { stored: string; at: number }
  /** It was opened at that time. */
  | { used: string; at: number }
  /** It was found on the disk. */
  | { found: string }
  /** Everything that was on the disk was found. */
  | { complete: true }
  /** It was removed, if it was not stored again at `before` or later. */
  | { removed: string; before: number }
  /** Nobody needed it, and it was removed. */
  | { gone: string }
