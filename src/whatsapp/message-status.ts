import { type BinaryNode, getBinaryNodeChildren } from '@whiskeysockets/baileys'
import type { SendUpdate } from '../ports/whatsapp.ts'
import { isGroup, isStatus } from './jid.ts'

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

/** What receipts say, by the attribute `type`; none is a delivery. Those of other types say nothing of a message that was sent. */
const RECEIPTS: Record<string, 'delivered' | 'read' | 'played'> = {
  '': 'delivered',
  read: 'read',
  'read-self': 'read',
  played: 'played',
}

/**
 * What a receipt of one person says about messages that were sent: `<receipt id from participant? recipient? type? t>`, further ids
 * in `<list><item id/>…`. `now` dates what WhatsApp does not.
 */
export function statusesInReceipt({ attrs, content }: BinaryNode, now: () => number): SendUpdate[] {
  const { id, from, participant, recipient, type = '', t } = attrs
  const status = Object.hasOwn(RECEIPTS, type) ? RECEIPTS[type] : undefined
  // With a recipient it is for what another device of the account sent or read.
  if (!status || !from || recipient || (isShared(from) && !participant)) return []
  const list = Array.isArray(content) ? getBinaryNodeChildren(content[0], 'item') : []
  const at = Number(t) * 1000 || now()
  return [id, ...list.map(item => item.attrs.id)].flatMap(messageId =>
    messageId ? [{ messageId, status, at }] : [],
  )
}

const isShared = (jid: string) => isGroup(jid) || isStatus(jid)
