import { LRUCache } from 'lru-cache'
import type { Clock } from '../../base/clock.ts'

/** Makes thumbnails: what it takes to draw one is none of this room's. */
export interface ThumbnailMaker {
  /** Whether files of a type, as messages tell it, may have one here. */
  isMadeOf(mimetype: string): Promise<boolean>
  /** Of what is in the file; null if there is no such file, or nothing to draw. */
  make(id: string): Promise<Uint8Array<ArrayBuffer> | null>
}

/** Thumbnails of files by their ids. */
export interface ThumbnailCache extends Pick<ThumbnailMaker, 'isMadeOf'> {
  read(id: string): Promise<Uint8Array<ArrayBuffer> | null>
}

/** Some 400 pictures of chats. */
const MAX_BYTES = 8 * 1024 * 1024
/** What could not be drawn is not tried again before: a file that takes its time to fail would be asked for again and again. */
const AGAIN_MS = 600_000

/**
 * Remembers what was drawn last, in memory alone, so that nothing of it outlives the process or has to be erased; draws the same once
 * for all who ask at the same time.
 */
export function createThumbnailCache(maker: ThumbnailMaker, clock: Pick<Clock, 'now'>): ThumbnailCache {
  const drawn = new LRUCache<string, { bytes: Uint8Array<ArrayBuffer> | null; at: number }>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ bytes }) => (bytes?.byteLength ?? 0) + 200,
  })
  const drawing = new Map<string, Promise<Uint8Array<ArrayBuffer> | null>>()

  async function draw(id: string): Promise<Uint8Array<ArrayBuffer> | null> {
    try {
      const bytes = await maker.make(id)
      drawn.set(id, { bytes, at: clock.now() })
      return bytes
    } finally {
      drawing.delete(id)
    }
  }

  return {
    isMadeOf: maker.isMadeOf,

    async read(id) {
      const known = drawn.get(id)
      if (known !== undefined && (known.bytes !== null || clock.now() - known.at < AGAIN_MS))
        return known.bytes
      const begun = drawing.get(id) ?? draw(id)
      drawing.set(id, begun)
      return begun
    },
  }
}
