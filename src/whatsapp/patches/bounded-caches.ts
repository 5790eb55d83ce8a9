/**
 * Baileys 7.0.0-rc14. Upstream: WhiskeySockets/Baileys issues 2344 and 2090.
 *
 * Each socket of Baileys makes caches of its own that have no bound and begin empty: a thousand sessions hold a thousand of them,
 * and a message that cannot be decrypted is counted anew after each reconnect. These are bounded, shared by all sessions, and
 * outlive a socket; each session sees its part. Its memory of retries reserves 46 KB a session for what may never come; this one
 * grows with what is in it.
 *
 * It can go when Baileys' own caches are bounded: test/whatsapp/patches/bounded-caches.test.ts then fails.
 * Applied in src/whatsapp/session-caches.ts, src/whatsapp/socket/baileys-events.ts, src/whatsapp/socket/baileys-socket.ts.
 */

import type { CacheStore, WASocket } from '@whiskeysockets/baileys'
import { LRUCache } from 'lru-cache'
import { bounded } from '../../base/bounded.ts'

const MINUTE = 60_000

/** Baileys' caches of one session. */
export interface BaileysCaches {
  msgRetryCounterCache: CacheStore
  userDevicesCache: CacheStore
  callOfferCache: CacheStore
  placeholderResendCache: CacheStore
}

/** Makes the caches that all sockets share; call the result for each stream. */
export function createBaileysCaches(): (streamId: string) => BaileysCaches {
  const retries = bounded(50_000, 60 * MINUTE)
  const devices = bounded(50_000, 5 * MINUTE)
  const calls = bounded(5_000, 5 * MINUTE)
  const placeholders = bounded(5_000, 60 * MINUTE)
  return streamId => ({
    msgRetryCounterCache: view(retries, streamId),
    userDevicesCache: view(devices, streamId),
    callOfferCache: view(calls, streamId),
    placeholderResendCache: view(placeholders, streamId),
  })
}

type Cache = LRUCache<string, NonNullable<unknown>>

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

/** What a new socket remembers of retries, with the same bounds, and room only for what is in it. */
export function reserveNothing({ messageRetryManager }: Pick<WASocket, 'messageRetryManager'>): void {
  if (!messageRetryManager) return
  for (const name of ['recentMessagesMap', 'baseKeys']) {
    const { max, ttl, ttlAutopurge, dispose } = Reflect.get(messageRetryManager, name) as Cache
    const grows: Cache = new LRUCache({
      ...{ maxSize: max, sizeCalculation: () => 1, ttl, ttlAutopurge },
      ...(dispose && { dispose }),
    })
    Reflect.set(messageRetryManager, name, grows)
  }
}
