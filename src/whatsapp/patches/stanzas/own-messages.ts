/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * What another device of the account sent is taken with a receipt of type "sender" to that device. Baileys leaves `to` out when
 * neither name of the chat is a LID (messages-recv.js, `participant = author`), so that WhatsApp sends the message for ever; and it
 * takes our own other name for the chat's, where the server adds it, and stores that mapping. Which of the chat's names it reads it
 * decides by the kind of OUR address. Here the receipt has its address, and the chat's other name is the one that it lacks.
 *
 * It can go when Baileys addresses the receipt: test/whatsapp/patches/stanzas/needed.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts, src/whatsapp/keys/inbox-rows.ts.
 */

import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import { lidOf } from '../../jid.ts'

/** Lets Baileys address the receipts of own messages. */
export function mendOwnMessages({ ws }: Pick<WASocket, 'ws'>): void {
  ws.prependListener('CB:message', ({ attrs, content }: BinaryNode) => {
    if (attrs.recipient === undefined || attrs.from === undefined) return
    nameChat(attrs)
    if (lidOf(attrs.recipient) || attrs.peer_recipient_lid) return
    // What is acked names nobody but who sent it.
    if (!Array.isArray(content) || !content.some(({ tag }) => tag === 'enc' || tag === 'plaintext')) return
    // In a direct chat Baileys uses it for nothing but the receipt.
    attrs.participant ??= attrs.from
  })
}

/** Lets the stanza of an own message name its chat, if it says to whom it went: our own other name goes. */
export function nameChat(attrs: BinaryNode['attrs']): void {
  if (attrs.recipient === undefined) return
  delete attrs.sender_pn
  delete attrs.sender_lid
  attrs.addressing_mode = lidOf(attrs.recipient) ? 'lid' : 'pn'
}
