/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * Baileys answers a message of a chat that it is to ignore (`shouldIgnoreJid`) with error 500: WhatsApp keeps it, sends it at each
 * login and in the end closes the stream. Here Baileys never sees it: a status is taken with the receipt that is due, a newsletter's
 * post, or what came without content, with an ack.
 *
 * It can go when Baileys takes ignored messages without an error: test/whatsapp/patches/stanzas/needed.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import {
  areJidsSameUser,
  type BinaryNode,
  buildAckStanza,
  getAllBinaryNodeChildren,
  type WASocket,
} from '@whiskeysockets/baileys'
import { isNewsletter } from '../../jid.ts'

type Handle = (stanza: BinaryNode) => unknown

/** Takes the messages of `ignored` chats; Baileys must be listening already. */
export function takeIgnored(socket: IgnoringSocket, ignored: (jid: string) => boolean): void {
  const { ws, sendNode } = socket
  for (const handle of ws.listeners('CB:message') as Handle[]) {
    ws.off('CB:message', handle)
    ws.on('CB:message', (stanza: BinaryNode) =>
      ignored(stanza.attrs.from ?? '') ? sendNode(answerTo(stanza, socket)) : handle(stanza),
    )
  }
}

function answerTo(stanza: BinaryNode, { authState: { creds } }: IgnoringSocket): BinaryNode {
  const { id, from, participant, participant_pn } = stanza.attrs
  const empty = getAllBinaryNodeChildren(stanza).some(({ tag }) => tag === 'unavailable')
  if (empty || isNewsletter(from ?? '')) return buildAckStanza(stanza)
  const own = [creds.me?.id, creds.me?.lid].some(jid => areJidsSameUser(participant, jid))
  return {
    tag: 'receipt',
    attrs: {
      id: id!,
      to: from!,
      ...(participant && { participant }),
      ...(participant_pn && { peer_participant_pn: participant_pn }),
      // Nobody looks at it here.
      type: own ? 'sender' : 'inactive',
      context: 'status',
    },
  }
}

type IgnoringSocket = Pick<WASocket, 'ws' | 'sendNode' | 'authState'>
