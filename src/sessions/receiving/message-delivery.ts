import { laneOf, type NewDelivery } from '../../ports/delivery-table.ts'

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
    webhookId: `${streamId}.${seq}.messages`,
    kind: 'messages',
    lane: laneOf.messages(streamId, chat!),
    sessionId,
    seq,
    at,
    payload: null,
  }
}
