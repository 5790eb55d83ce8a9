/**
 * Baileys 7.0.0-rc14. Upstream: none known; whatsmeow and WhatsApp Web name the kind.
 *
 * WhatsApp waits for the acknowledgement of a call to say in `type` what it is for: the name of the child, `offer`, `terminate`… A
 * call has no type of its own, which is all that Baileys would copy, so what rings is sent again at each login. Here it gets one
 * before Baileys sees it.
 *
 * It can go when Baileys names the kind itself: test/whatsapp/patches/stanzas/call-acks.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'

/** Lets acknowledgements of calls say what they are for. */
export function nameCallAcks({ ws }: Pick<WASocket, 'ws'>): void {
  ws.prependListener('CB:call', ({ attrs, content }: BinaryNode) => {
    const about = Array.isArray(content) ? content[0]?.tag : undefined
    if (about) attrs.type ??= about
  })
}
