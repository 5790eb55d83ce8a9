import type { NewDelivery } from '../../ports/delivery-table.ts'

/** The delivery of a received message, in the lane of its chat; the same for the first time and every replay. */
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
    lane: `${streamId}|${chat}`,
    sessionId,
    seq,
    at,
    payload: null,
  }
}
