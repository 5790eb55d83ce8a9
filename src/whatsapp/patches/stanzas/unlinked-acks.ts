/**
 * Baileys 7.0.0-rc14. Upstream: WhiskeySockets/Baileys issues 2738 and 2749.
 *
 * Until a phone has linked the socket Baileys acknowledges nothing: its acknowledgement reads the id of an account that it does not
 * have, and the error is swallowed. WhatsApp then sends the notification again and ends the stream. Here it is acknowledged as soon
 * as the listeners of that notification have run; with a pairing code, which names the account early, Baileys does it itself.
 *
 * It can go when Baileys acknowledges before it is linked: test/whatsapp/patches/stanzas/unlinked-acks.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import { type BinaryNode, buildAckStanza, type WASocket } from '@whiskeysockets/baileys'

/** Acknowledges notifications while no account is known; listeners of one kind of notification may act before. */
export function ackWhileUnlinked({ ws, authState, sendNode }: UnlinkedSocket): void {
  ws.on('CB:notification', (stanza: BinaryNode) => {
    if (!authState.creds.me?.id) sendNode(buildAckStanza(stanza)).catch(() => {})
  })
}

type UnlinkedSocket = Pick<WASocket, 'ws' | 'authState' | 'sendNode'>
