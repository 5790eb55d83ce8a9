import { LRUCache } from 'lru-cache'
import type { ChatTimer } from '../../messages/chat-timer.ts'
import { type Memory, viewOf } from '../group-cache.ts'

/** What one socket knows of timers; null: a chat has none. */
export type TimerMemory = Memory<{ timer: ChatTimer | null }>

/** Chats of all sessions; a name under which nothing was found may turn out to be that of another one. */
const REMEMBERED = { max: 50_000, ttl: 10 * 60_000 }

/** One bounded memory for all sessions; the result is called for each new socket. */
export function createTimerMemories(): () => TimerMemory {
  const shared = new LRUCache<string, { timer: ChatTimer | null }>(REMEMBERED)
  let sockets = 0
  return () => viewOf(shared, sockets++)
}
