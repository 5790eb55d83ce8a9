import type { BaileysEventMap, BinaryNode } from '@whiskeysockets/baileys'
import type { SendUpdate } from '../ports/whatsapp.ts'

/** Why WhatsApp's server refused a message, by the `error` attribute of its ack. */
const REFUSALS: Record<string, string> = {
  '463': 'WhatsApp does not let this account write to new chats for now; sending again makes it worse.',
  '479': 'WhatsApp refused the message because the device keys of the recipient are out of date.',
  '429': 'WhatsApp took too many messages from this account; send slower and try again later.',
}

/** Stale device keys: a fresh session and the same message under the same id cure it. */
export const STALE_SESSION = '479'

/** What `<ack class="message">` says about a message that was sent. A plain ack is all that Baileys never tells. */
export function statusInAck({ attrs }: BinaryNode, now: number): SendUpdate | null {
  const { id, error, t, backoff } = attrs
  if (!id) return null
  const at = Number(t) > 0 ? Number(t) * 1000 : now
  if (!error) return { messageId: id, status: 'sent', at }
  const sentence = REFUSALS[error] ?? `WhatsApp refused the message with code ${error}.`
  const wait = Number(backoff) * 1000
  return {
    messageId: id,
    status: 'failed',
    at,
    code: error,
    error: sentence,
    ...(wait > 0 && { backoff: wait }),
  }
}

/** proto.WebMessageInfo.Status */
const RECEIPTS: Record<number, 'delivered' | 'read' | 'played'> = { 3: 'delivered', 4: 'read', 5: 'played' }

/** What a Baileys status number says about a message that was sent; null for what acks tell already. */
export function statusInReceipt(status: number | null | undefined): 'delivered' | 'read' | 'played' | null {
  return RECEIPTS[status ?? 0] ?? null
}

/** What Baileys' events say about messages that were sent; `now` dates what WhatsApp does not. */
export function* statusUpdatesIn(
  events: Partial<BaileysEventMap>,
  now: () => number,
): Generator<SendUpdate, void> {
  for (const { key, update } of events['messages.update'] ?? []) {
    const status = statusInReceipt(update.status)
    const at = Number(update.messageTimestamp) * 1000 || now()
    if (status && key.fromMe && key.id) yield { messageId: key.id, status, at }
  }
  for (const { key, receipt } of events['message-receipt.update'] ?? []) {
    const seconds = Number(receipt.readTimestamp ?? receipt.receiptTimestamp)
    const status = receipt.readTimestamp ? 'read' : 'delivered'
    const at = seconds * 1000 || now()
    if (key.fromMe && key.id) yield { messageId: key.id, status, at }
  }
}
