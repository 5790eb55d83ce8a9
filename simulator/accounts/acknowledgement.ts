import type { BinaryNode } from '@whiskeysockets/baileys'
import type { KeptStanza, Owed } from './kept-stanza.ts'

type Attributes = BinaryNode['attrs']

/** Receipts by which a device takes what others wrote; none is a delivery. */
const DELIVERED = new Set([undefined, 'inactive', 'read', 'read-self', 'played'])
/** What the server takes for an answer to a stanza that it will not send again: parsing, unrecognised, no secret, old counter. */
const NACKS = /^4(?:8[7-9]|9\d)$/

/** What is owed for a stanza: its own kind of acknowledgement and nothing else. */
export function owedFor({ tag, attrs, content }: BinaryNode): Owed[] {
  const children = Array.isArray(content) ? content : []
  const [first] = children
  if (tag === 'call' && first?.tag === 'offer') return ['ack', 'offer']
  if (tag !== 'message') return ['ack']
  if (attrs.category === 'peer') return ['peer_msg']
  const hasContent = children.some(({ tag }) => tag === 'enc' || tag === 'plaintext')
  if (!hasContent || attrs.from?.endsWith('@newsletter')) return ['ack']
  return isOwn(attrs) ? ['sender'] : ['receipt']
}

/** In a direct chat an own device's message names the chat; in a group the server put the author's account beside. */
const isOwn = ({ recipient }: Attributes) => recipient !== undefined

/** What of what is owed an ack or a receipt settles; or one sentence why it settles nothing. */
export function settledBy(kept: KeptStanza, answer: BinaryNode): { owed: Owed } | { why: string } {
  const { attrs: was } = kept.node
  const { attrs: is } = answer
  if (!isRead(is) && is.to !== was.from && !(is.type === 'hist_sync' && is.to === bare(was.from)))
    return { why: `to="${is.to}" in the place of "${was.from}"` }
  if (was.participant && bare(is.participant) !== bare(was.participant)) return { why: 'another participant' }
  if (!isRead(is) && is.participant !== was.participant) return { why: 'the participant without its device' }
  return answer.tag === 'ack' ? ackFor(kept, is) : receiptFor(kept, answer)
}

function ackFor({ node, owed, retried }: KeptStanza, is: Attributes): { owed: Owed } | { why: string } {
  const { tag, attrs: was, content } = node
  if (is.class !== tag) return { why: `class="${is.class}"` }
  if (was.recipient && is.recipient !== was.recipient) return { why: 'another recipient' }
  const child = Array.isArray(content) ? content[0]?.tag : undefined
  const type = tag === 'call' ? child : was.type
  if (is.type !== type && !(tag === 'message' && is.type === undefined)) return { why: `type="${is.type}"` }
  if (is.error && !NACKS.test(is.error)) return { why: `error="${is.error}"` }
  if (owed.has('ack')) return { owed: 'ack' }
  if (is.error || retried) return { owed: [...owed][0]! }
  return { why: 'an ack, where a receipt is due' }
}

function receiptFor({ node, owed, sends }: KeptStanza, { attrs: is, content }: BinaryNode) {
  const { attrs: was } = node
  const child = Array.isArray(content) ? content[0] : undefined
  if (child?.tag === 'offer') return owed.has('offer') ? { owed: 'offer' as const } : { why: 'no offer' }
  if (is.type === 'sender' && owed.has('sender'))
    return is.recipient === bare(was.recipient)
      ? { owed: 'sender' as const }
      : { why: `recipient="${is.recipient}"` }
  // Given again because only the second receipt was missing, it gets both again.
  const again = sends > 1 && owed.has('hist_sync')
  if (is.type === 'peer_msg' && (owed.has('peer_msg') || again))
    return is.recipient === undefined ? { owed: 'peer_msg' as const } : { why: 'a recipient' }
  if (is.type === 'hist_sync' && owed.has('hist_sync') && !owed.has('peer_msg'))
    return { owed: 'hist_sync' as const }
  // A group's message from an own device is answered as "sender", too.
  if (owed.has('receipt') && (DELIVERED.has(is.type) || (is.type === 'sender' && was.participant)))
    return { owed: 'receipt' as const }
  if (owed.has('ack')) return { why: 'a receipt, where an ack is due' }
  return { why: `a receipt of type "${is.type}"` }
}

/** Read marks name the chat and the author without a device. */
const isRead = ({ type }: Attributes) => type === 'read' || type === 'read-self' || type === 'played'

const bare = (jid: string | undefined) => jid?.replace(/:\d+@/, '@')
