import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import { accountJid, isGroup, lidOf } from '../jid.ts'

type Attributes = BinaryNode['attrs']

/** How long WhatsApp may take to acknowledge that we reject a call, in ms. */
const ANSWER_MS = 10_000

export type CallSocket = Pick<WASocket, 'sendNode' | 'waitForMessage' | 'generateMessageTag'>

/** Tells the caller that it rings here, as WhatsApp's clients do; an offer that waited rings nowhere. */
export function ringReceipt({ attrs: { from, id } }: BinaryNode, offer: BinaryNode): BinaryNode {
  const named = { 'call-id': offer.attrs['call-id']!, 'call-creator': offer.attrs['call-creator']! }
  return { tag: 'receipt', attrs: { to: from!, id: id! }, content: [{ tag: 'offer', attrs: named }] }
}

/**
 * Rejects a call: to the caller, from the own address of the same family (LID or number), both without device. Baileys' `rejectCall`
 * names the caller as creator, comes from our number even to a LID, and waits up to a minute. Resolves with whether WhatsApp took
 * it: it said so, or said nothing while the connection lived.
 */
export async function rejectCall(
  socket: CallSocket,
  me: { id: string; lid?: string | undefined } | undefined,
  { attrs: { from } }: BinaryNode,
  offer: BinaryNode,
): Promise<boolean> {
  const creator = offer.attrs['call-creator']!
  const to = accountJid(from === undefined || isGroup(from) ? creator : from)
  const own = accountJid((lidOf(to) !== null && me?.lid) || me?.id)
  if (to === null || own === null) return false
  const id = socket.generateMessageTag()
  // Undefined after so long without an answer, null when the connection ended.
  const answered = socket.waitForMessage<BinaryNode>(id, ANSWER_MS).catch(() => null)
  const attrs: Attributes = { 'call-id': offer.attrs['call-id']!, 'call-creator': creator, count: '0' }
  try {
    await socket.sendNode({ tag: 'call', attrs: { to, from: own, id }, content: [{ tag: 'reject', attrs }] })
  } catch {
    return false
  }
  const answer = await answered
  return answer !== null && answer?.attrs.error === undefined
}
