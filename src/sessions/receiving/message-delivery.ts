import { laneOf, type NewDelivery } from '../../ports/delivery-table.ts'

/** Under which a received message goes to Laravel, the first time and at every replay. */
export const messageWebhookId = (streamId: string, seq: number): string => `${streamId}.${seq}.messages`

/**
 * The row that lets a received message be delivered, in the lane of its chat; the same for the first time and every replay. What Laravel
 * gets is made in src/whatsapp/receiving/to-received-message.ts.
 */
export function messageDelivery(
  { streamId, sessionId }: { streamId: string; sessionId: string },
  seq: number,
  dedupeKey: string,
  at: number,
): NewDelivery {
  const [chat] = dedupeKey.split('|')
  return {
    webhookId: messageWebhookId(streamId, seq),
    kind: 'messages',
    lane: laneOf.messages(streamId, chat!),
    sessionId,
    seq,
    at,
    payload: null,
  }
}
