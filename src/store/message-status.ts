import type { MessageStatus } from '../contract.ts'

const RANK: Partial<Record<MessageStatus, number>> = {
  queued: 0,
  transmitted: 1,
  unknown: 2,
  sent: 2.5,
  delivered: 3,
  read: 4,
  played: 5,
}

/**
 * Whether a send may go from one status to another. It only moves forward, `unknown` may still turn out sent or failed,
 * and what failed or was received stays so.
 */
export function movesForward(from: MessageStatus, to: MessageStatus): boolean {
  const rank = RANK[from]
  if (rank === undefined) return false
  if (to === 'failed') return rank <= 2
  return (RANK[to] ?? -1) > rank
}
