import { createTimerMemories, type TimerMemory } from './disappearing/timer-memory.ts'
import { createGroupCaches, type GroupCache } from './group-cache.ts'
import { createNumberCache, type NumberCache } from './identities/number-lookup.ts'
import { createKeyCaches, type KeyCache } from './keys/key-cache.ts'
import { type BaileysCaches, createBaileysCaches } from './patches/bounded-caches.ts'

export interface SessionCaches {
  baileys: BaileysCaches
  /** What WhatsApp said about numbers, whoever asked. */
  numbers: NumberCache
  keys: KeyCache
  groups: GroupCache
  timers: TimerMemory
}

/** Bounded caches shared by all sessions. The result is called for each new socket: its keys and groups begin with nothing. */
export function createSessionCaches(): (streamId: string) => SessionCaches {
  const baileys = createBaileysCaches()
  const keys = createKeyCaches()
  const numbers = createNumberCache()
  const groups = createGroupCaches()
  const timers = createTimerMemories()
  return streamId => ({
    baileys: baileys(streamId),
    numbers,
    keys: keys(),
    groups: groups(),
    timers: timers(),
  })
}
