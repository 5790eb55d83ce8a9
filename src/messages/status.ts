/** Where a send stands; a status only moves forward. */
export const MESSAGE_STATUSES = [
  'queued',
  'transmitted',
  'sent',
  'delivered',
  'read',
  'played',
  'failed',
  'unknown',
  'received',
] as const

export type MessageStatus = (typeof MESSAGE_STATUSES)[number]

/** `failed` and `received` are ends: they have no rank. */
const RANK: Partial<Record<MessageStatus, number>> = {
  queued: 0,
  transmitted: 1,
  unknown: 2,
  sent: 3,
  delivered: 4,
  read: 5,
  played: 6,
}

/**
 * Whether a send may go from one status to another. It only moves forward, `unknown` may still turn out sent or failed,
 * and what failed or was received stays so.
 */
export function movesForward(from: MessageStatus, to: MessageStatus): boolean {
  const rank = RANK[from]
  if (rank === undefined) return false
  return to === 'failed' ? rank < RANK.sent! : (RANK[to] ?? -1) > rank
}

/** Whether nobody knows yet what becomes of a send: it waits, or it left and WhatsApp has not said that it has it. */
export const isUnsent = (status: MessageStatus): boolean => status === 'queued' || status === 'transmitted'
