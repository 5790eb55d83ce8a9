import type { Readable } from 'node:stream'

/**
 * The files of messages, by what is in them: the same content is one file, whoever stored it, so who removes one asks first who
 * else needs it. An id that was not given by `put` does not exist. Rejects with MEDIA_STORE_FAILED when the disk refuses.
 */
export interface MediaStore {
  /** Durable once it resolves. Rejects with MEDIA_TOO_LARGE above `maxBytes`, or as `source` does; then nothing of it stays. */
  put(source: AsyncIterable<Uint8Array>, limits: { maxBytes: number }): Promise<StoredMedia>
  /** null if there is no such file. `start` and `end` are offsets in bytes, both inclusive, of a range within the file. */
  open(id: string, range?: { start: number; end: number }): Promise<OpenedMedia | null>
  /** Whether there was such a file. */
  remove(id: string): Promise<boolean>
  /**
   * Removes files that were neither stored nor opened since `before`, of at most `limit` that may be such. `removed` is their number;
   * `more`: it is worth to go on.
   */
  prune(before: number, limit: number): Promise<{ removed: number; more: boolean }>
  /** Makes the files of before there was a table of them known, once; later it finds that out at a glance. */
  findAll(): Promise<void>
}

/** A stored file: `id` is the SHA-256 of its bytes in hex, `size` their number, `path` where they lie, for programs that seek. */
export interface StoredMedia {
  id: string
  size: number
  path: string
}

/** Bytes of a stored file, which outlive its removal. The stream must be read to its end or destroyed. */
export interface OpenedMedia {
  /** The whole file or the range that was asked for. */
  stream: Readable
  /** Bytes of the whole file. */
  size: number
  path: string
}
