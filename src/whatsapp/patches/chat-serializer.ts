import type { EventEmitter } from 'node:events'
import { type BinaryNode, extractAddressingContext } from '@whiskeysockets/baileys'
import { accountJid, isBroadcast, isStatus, lidOf } from '../jid.ts'

type Handle = (stanza: BinaryNode) => unknown

/**
 * Gives the messages of one chat to Baileys one after another. Baileys stores a new contact's LID before it queues for its own
 * mutex (messages-recv.js, handleMessage), so that in the first burst of a contact a later message can overtake.
 * Other chats do not wait. `ws` is the socket's; Baileys must be listening already, and `ArrivalOrder` listens in front.
 */
export function takeTurns(ws: EventEmitter): void {
  const last = new Map<string, Promise<unknown>>()
  const inTurn = async (handle: Handle, stanza: BinaryNode) => {
    const chat = chatOf(stanza)
    const before = last.get(chat)
    const turn = before ? before.then(() => handle(stanza)) : Promise.resolve(handle(stanza))
    const settled = turn.catch(() => {})
    last.set(chat, settled)
    try {
      await turn
    } finally {
      if (last.get(chat) === settled) last.delete(chat)
    }
  }
  for (const handle of ws.listeners('CB:message') as Handle[]) {
    ws.off('CB:message', handle)
    // What waited at WhatsApp only joins Baileys' own queue here, and must join it in the order of arrival.
    ws.on('CB:message', (stanza: BinaryNode) =>
      stanza.attrs.offline === undefined ? inTurn(handle, stanza) : handle(stanza),
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
