import type { AccountEventType } from '../messages/account-event.ts'
import type { AccountEventPayload, NewDelivery } from '../ports/delivery-table.ts'

/** The row that tells Laravel what happened to an account at the fact `seq`, in a lane of the session's own. */
export function accountEventDelivery(
  { streamId, sessionId }: { streamId: string; sessionId: string },
  seq: number,
  at: number,
  event: { type: AccountEventType; [field: string]: unknown },
): NewDelivery {
  const webhookId = `${streamId}.${seq}.events`
  const payload: AccountEventPayload = {
    session_id: sessionId,
    event_id: webhookId,
    at: new Date(at).toISOString(),
    ...event,
  }
  return { webhookId, kind: 'events', lane: `${streamId}|events`, sessionId, seq, at, payload }
}
