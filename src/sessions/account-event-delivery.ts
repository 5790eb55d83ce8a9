import type { AccountEventType } from '../messages/account-event.ts'
import { type AccountEventPayload, laneOf, type NewDelivery } from '../ports/delivery-table.ts'
import type { SessionOwner } from '../ports/session-table.ts'

/**
 * The row that tells Laravel what happened to an account at the fact `seq`, in a lane of the session's own; the same for the first
 * time and every replay. `at` (ms) begins its lifetime, `happenedAt` is what Laravel is told.
 */
export function accountEventDelivery(
  { streamId, sessionId, userId, metadata }: SessionOwner & { streamId: string; sessionId: string },
  seq: number,
  at: number,
  event: { type: AccountEventType; [field: string]: unknown },
  happenedAt = at,
): NewDelivery {
  const webhookId = `${streamId}.${seq}.events`
  const payload: AccountEventPayload = {
    session_id: sessionId,
    user_id: userId,
    event_id: webhookId,
    at: new Date(happenedAt).toISOString(),
    ...event,
    metadata,
  }
  return { webhookId, kind: 'events', lane: laneOf.events(streamId), sessionId, seq, at, payload }
}
