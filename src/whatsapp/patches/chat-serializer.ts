/**
 * Baileys 7.0.0-rc14. Upstream: none known; WhiskeySockets/Baileys pull request 2137 redesigned the mutexes and left this open.
 *
 * Baileys stores a new contact's LID before it queues for its own mutex (messages-recv.js, handleMessage): in the first burst of
 * a contact a later message can overtake. Here Baileys is given the messages of one chat one after another; other chats do not
 * wait. `ws` is the socket's; Baileys must be listening already, and `ArrivalOrder` listens in front.
 *
 * It can go when Baileys keeps the order of a chat: test/whatsapp/patches/first-burst.test.ts then fails.
 * Applied in src/whatsapp/receiving/receiver.ts.
 */

import type { EventEmitter } from 'node:events'
import { type BinaryNode, extractAddressingContext } from '@whiskeysockets/baileys'
import { accountJid, isBroadcast, isStatus, lidOf } from '../jid.ts'

type Handle = (stanza: BinaryNode) => unknown

/** Hands the messages of one chat to Baileys one after another; other chats do not wait. `ws` is the socket's, with Baileys listening. */
export function serializeChats(ws: EventEmitter): void {
  const lastOfChat = new Map<string, Promise<unknown>>()
  const handleAfterLast = async (handle: Handle, stanza: BinaryNode) => {
    const chat = chatOf(stanza)
    const last = lastOfChat.get(chat)
    const handled = last ? last.then(() => handle(stanza)) : Promise.resolve(handle(stanza))
    const settled = handled.catch(() => {})
    lastOfChat.set(chat, settled)
    try {
      await handled
    } finally {
      if (lastOfChat.get(chat) === settled) lastOfChat.delete(chat)
    }
  }
  for (const handle of ws.listeners('CB:message') as Handle[]) {
    ws.off('CB:message', handle)
    // What waited at WhatsApp only joins Baileys' own queue here, and must join it in the order of arrival.
    ws.on('CB:message', (stanza: BinaryNode) =>
      stanza.attrs.offline === undefined ? handleAfterLast(handle, stanza) : handle(stanza),
    )
  }
}

/** The chat of a stanza, LID first: one contact writes under two addresses. A group is one chat, whoever of it writes. */
function chatOf(stanza: BinaryNode): string {
  const { from, participant, recipient } = stanza.attrs
  const { senderAlt, recipientAlt } = extractAddressingContext(stanza)
  let names = [from, participant ? null : senderAlt]
  if (recipient) names = [recipient, recipientAlt]
  else if (from && isBroadcast(from) && !isStatus(from)) names = [participant, senderAlt]
  const [jid, alternative] = names
  return lidOf(jid) ?? lidOf(alternative) ?? accountJid(jid) ?? ''
}
