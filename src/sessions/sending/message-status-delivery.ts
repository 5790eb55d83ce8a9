import { LATEST_DATE } from '../../base/dates.ts'
import type { CallersOwn } from '../../messages/send.ts'
import { laneOf, type MessageStatusPayload, type NewDelivery } from '../../ports/delivery-table.ts'
import type { SessionActor } from '../host/session-actor.ts'
import { failureOf, type SendResult } from './send-results.ts'

/**
 * The delivery of a send's status. It has a lane of its own beside the chat's, so that a message that is stuck holds up no status and
 * no status a message; null for what Laravel is not told.
 */
export function messageStatusDelivery(
  { streamId, sessionId, userId }: Pick<SessionActor, 'streamId' | 'sessionId' | 'userId'>,
  seq: number,
  { chatId, client_ref, metadata }: { chatId: string } & CallersOwn,
  result: SendResult,
  at: number,
): NewDelivery | null {
  if (result.status === 'unknown') return null
  const payload: MessageStatusPayload = {
    session_id: sessionId,
    user_id: userId,
    message_id: result.messageId,
    client_ref: client_ref ?? null,
    status: result.status,
    error: result.status === 'failed' ? failureOf(result) : null,
    timestamp: new Date(Math.min(Math.max(result.at, 0), LATEST_DATE)).toISOString(),
    metadata: metadata ?? null,
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
