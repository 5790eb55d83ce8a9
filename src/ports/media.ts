import type { Readable } from 'node:stream'
import type { MediaContent, SendMedia } from '../messages/send.ts'

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

/**
 * Files by what is in them: the same content is one file, whoever stored it, so who removes one asks first who else needs it.
 * An id that was not given by `put` does not exist. Rejects with MEDIA_STORE_FAILED when the disk refuses.
 */
export interface MediaStore {
  /** Durable once it resolves. Rejects with MEDIA_TOO_LARGE above `maxBytes`, or as `source` does; then nothing of it stays. */
  put(source: AsyncIterable<Uint8Array>, limits: { maxBytes: number }): Promise<StoredMedia>
  /** null if there is no such file. `start` and `end` are offsets in bytes, both inclusive, of a range within the file. */
  open(id: string, range?: { start: number; end: number }): Promise<OpenedMedia | null>
  /** Whether there was such a file. */
  remove(id: string): Promise<boolean>
  /** Removes at most `limit` files that were neither stored nor opened since `before`; resolves with their number. */
  prune(before: number, limit: number): Promise<number>
}

/** What is answered to a request for a file; the stream must be read to its end or destroyed. */
export interface ServedMedia {
  status: 200 | 206 | 304 | 416
  headers: Record<string, string>
  stream: Readable | null
}

/** Stored files for those outside. */
export interface MediaServer {
  /** A URL under which the file can be had for 24 h without an API key. */
  link(id: string): string
  /** Judges a link as it was presented, in constant time. */
  judge(link: {
    id: string
    expires: string | undefined
    signature: string | undefined
  }): 'valid' | 'expired' | 'forged'
  /** Whether the file is there. */
  present(id: string): Promise<boolean>
  /** By the headers of a request; null if there is no such file. */
  serve(
    id: string,
    request: {
      range: string | undefined
      ifRange: string | undefined
      ifNoneMatch: string | undefined
      /** False for HEAD. */
      bodyWanted: boolean
    },
  ): Promise<ServedMedia | null>
}

/** Makes files ready to be sent. */
export interface MediaDesk {
  /** Keeps bytes that came with a request. Rejects with MEDIA_TOO_LARGE. */
  keep(bytes: AsyncIterable<Uint8Array>): Promise<{ id: string; size: number }>
  /** Fetches, judges and if need be converts a file; rejects with MEDIA_…, each a sentence for the caller. */
  prepare(content: MediaContent): Promise<SendMedia>
}
