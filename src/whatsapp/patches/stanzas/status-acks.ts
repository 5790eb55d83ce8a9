/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * Baileys knows no `<status>` stanza (a newsletter's or a contact's status) and leaves it unacknowledged: WhatsApp sends it at each
 * login and in the end closes the stream. Here it is acknowledged; what is in it is not read.
 *
 * It can go when Baileys acknowledges such stanzas: test/whatsapp/patches/stanzas/needed.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import { type BinaryNode, buildAckStanza, type WASocket } from '@whiskeysockets/baileys'

/** Acknowledges every `<status>`. */
export function ackStatuses({ ws, sendNode }: Pick<WASocket, 'ws' | 'sendNode'>): void {
  ws.on('CB:status', (stanza: BinaryNode) => {
    sendNode(buildAckStanza(stanza)).catch(() => {})
  })
}
