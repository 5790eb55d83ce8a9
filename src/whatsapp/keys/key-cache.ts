import { LRUCache } from 'lru-cache'

/** Stored keys that were read or written lately; null is a key known to be missing. */
export interface KeyCache {
  get(type: string, id: string): Uint8Array | null | undefined
  set(type: string, id: string, value: Uint8Array | null): void
}

const KEY_BYTES = 32 * 1024 * 1024
const MISSING = new Uint8Array(0)

/**
 * One cache in memory, bounded in bytes and shared by all sockets. The result is called for each new socket: what another owner of
 * the stream wrote in between is never in its part.
 */
export function createKeyCaches(): () => KeyCache {
  const shared = new LRUCache<string, Uint8Array>({
    maxSize: KEY_BYTES,
    sizeCalculation: (value, key) => value.byteLength + key.length + 200,
  })
  let sockets = 0
  return () => {
    const socket = sockets++
    const own = (type: string, id: string) => `${socket}/${type}/${id}`
    return {
      get(type, id) {
        const value = shared.get(own(type, id))
        return value === MISSING ? null : value
      },
      set: (type, id, value) => {
        // A copy of its own size: what it is a view of may be a hundred times as large.
        shared.set(own(type, id), value ? new Uint8Array(value) : MISSING)
      },
    }
  }
}
