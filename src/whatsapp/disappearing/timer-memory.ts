import { bounded } from '../../base/bounded.ts'
import type { ChatTimer } from '../../messages/chat-timer.ts'
import { type Memory, viewOf } from '../group-cache.ts'

/** What one socket knows of a chat's timer. */
interface Known {
  /** null: it has none. */
  timer: ChatTimer | null
  /** It had messages when it was written to: it does not begin any more. */
  begun?: true
}

export type TimerMemory = Memory<Known>

/** Chats of all sessions; a name under which nothing was found may turn out to be that of another one. */
const REMEMBERED = { max: 50_000, ttl: 10 * 60_000 }

/** One bounded memory for all sessions; the result is called for each new socket. */
export function createTimerMemories(): () => TimerMemory {
  const shared = bounded<Known>(REMEMBERED.max, REMEMBERED.ttl)
  let sockets = 0
  return () => viewOf(shared, sockets++)
}
