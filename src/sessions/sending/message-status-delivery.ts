import { LATEST_DATE } from '../../base/dates.ts'
import { laneOf, type MessageStatusPayload, type NewDelivery } from '../../ports/delivery-table.ts'
import { failureOf, type SendResult } from './send-results.ts'

/**
 * The delivery of a send's status. It has a lane of its own beside the chat's, so that a message that is stuck holds up no status and
 * no status a message; null for what Laravel is not told.
 */
export function messageStatusDelivery(
  { streamId, sessionId }: { streamId: string; sessionId: string },
  seq: number,
  chatId: string,
  result: SendResult,
  at: number,
): NewDelivery | null {
  if (result.status === 'unknown') return null
  const payload: MessageStatusPayload = {
    session_id: sessionId,
    message_id: result.messageId,
    status: result.status,
    error: result.status === 'failed' ? failureOf(result) : null,
    timestamp: new Date(Math.min(Math.max(result.at, 0), LATEST_DATE)).toISOString(),
  }
  return {
    webhookId: `${streamId}.${seq}.receipt`,
    kind: 'receipt',
    lane: laneOf.receipts(streamId, chatId),
    sessionId,
    seq,
    at,
    payload,
  }
}
