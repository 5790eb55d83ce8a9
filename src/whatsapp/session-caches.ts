import type { CacheStore } from '@whiskeysockets/baileys'
import { LRUCache } from 'lru-cache'
import { createGroupCaches, type GroupCache } from './groups.ts'
import { createNumberCache } from './sending/number-lookup.ts'

const MINUTE = 60_000

/** Stored keys that were read or written lately; null is a key known to be missing. */
export interface KeyCache {
  get(type: string, id: string): Uint8Array | null | undefined
  set(type: string, id: string, value: Uint8Array | null): void
}

/** Baileys' caches of one session. */
export interface BaileysCaches {
  msgRetryCounterCache: CacheStore
  userDevicesCache: CacheStore
  callOfferCache: CacheStore
  placeholderResendCache: CacheStore
}

export interface SessionCaches {
  baileys: BaileysCaches
  /** What WhatsApp said about numbers, whoever asked. */
  numbers: ReturnType<typeof createNumberCache>
  keys: KeyCache
  groups: GroupCache
}

const KEY_BYTES = 32 * 1024 * 1024
const MISSING = new Uint8Array(0)

/**
 * Bounded caches shared by all sessions; Baileys' own are unbounded and hold an interval each, per socket. The result is called
 * for each new socket: what another owner of the stream wrote in between is never in its cache of keys.
 */
export function createCaches(): (streamId: string) => SessionCaches {
  const retries = cache(50_000, 60 * MINUTE)
  const devices = cache(50_000, 5 * MINUTE)
  const calls = cache(5_000, 5 * MINUTE)
  const placeholders = cache(5_000, 60 * MINUTE)
  const keys = new LRUCache<string, Uint8Array>({
    maxSize: KEY_BYTES,
    sizeCalculation: (value, key) => value.byteLength + key.length + 200,
  })
  const numbers = createNumberCache()
  const groups = createGroupCaches()
  let sockets = 0
  return streamId => ({
    baileys: {
      msgRetryCounterCache: view(retries, streamId),
      userDevicesCache: view(devices, streamId),
      callOfferCache: view(calls, streamId),
      placeholderResendCache: view(placeholders, streamId),
    },
    numbers,
    keys: keyView(keys, sockets++),
    groups: groups(),
  })
}

function keyView(shared: LRUCache<string, Uint8Array>, socket: number): KeyCache {
  const own = (type: string, id: string) => `${socket}/${type}/${id}`
  return {
    get(type, id) {
      const value = shared.get(own(type, id))
      return value === MISSING ? null : value
    },
    set: (type, id, value) => {
      shared.set(own(type, id), value ?? MISSING)
    },
  }
}

type Cache = LRUCache<string, NonNullable<unknown>>

const cache = (max: number, ttl: number): Cache => new LRUCache({ max, ttl })

/** One session's part of a shared cache. */
function view(shared: Cache, streamId: string): CacheStore {
  const own = (key: string) => `${streamId}/${key}`
  return {
    get: <T>(key: string) => shared.get(own(key)) as T | undefined,
    set: (key, value) => {
      if (value === null || value === undefined) shared.delete(own(key))
      else shared.set(own(key), value)
    },
    del: key => {
      shared.delete(own(key))
    },
    flushAll: () => {
      for (const key of shared.keys()) if (key.startsWith(own(''))) shared.delete(key)
    },
  }
}
