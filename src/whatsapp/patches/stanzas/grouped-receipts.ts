/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * WhatsApp joins receipts of a group's members into one, `<receipt><participants key=message><user jid t/>…`, without an attribute
 * `participant`; Baileys acknowledges it and tells nobody (messages-recv.js, handleReceipt). Here is what it says.
 *
 * It can go when Baileys reads grouped receipts: test/whatsapp/patches/stanzas/grouped-receipts.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-events.ts.
 */

import { type BinaryNode, getAllBinaryNodeChildren } from '@whiskeysockets/baileys'
import type { SendUpdate } from '../../../ports/whatsapp.ts'
import { isGroup } from '../../jid.ts'

const STATUSES: Record<string, 'delivered' | 'read' | 'played'> = {
  '': 'delivered',
  delivery: 'delivered',
  read: 'read',
  played: 'played',
}

/** What a grouped receipt says of our messages, by the first member of each kind; nothing in any other receipt. */
export function* statusesInGroupedReceipt(
  receipt: BinaryNode,
  now: () => number,
): Generator<SendUpdate, void> {
  const { from, participant, type, t } = receipt.attrs
  if (participant || !isGroup(from ?? '')) return
  for (const { tag, attrs, content } of getAllBinaryNodeChildren(receipt)) {
    if (tag !== 'participants' || !attrs.key) continue
    const said = new Set<string>()
    for (const user of getAllBinaryNodeChildren({ tag, attrs, content })) {
      const status = STATUSES[user.attrs.type ?? type ?? '']
      if (user.tag !== 'user' || !status || said.has(status)) continue
      said.add(status)
      yield { messageId: attrs.key, status, at: Number(user.attrs.t ?? t) * 1000 || now() }
    }
  }
}
