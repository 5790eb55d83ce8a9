import { type BinaryNode, getBinaryNodeChild, type WASocket } from '@whiskeysockets/baileys'

/** How long Baileys shows each QR but the first, in ms. */
const LATER_QR_MS = 20_000

/** What Baileys draws a QR of once WhatsApp's own references are used up. */
const SPARE: BinaryNode = { tag: 'ref', attrs: {}, content: Buffer.from('spare') }

/**
 * Baileys draws a QR of one reference after the other (20 s each) and ends the socket after the last, also while a passkey is on its
 * way; WhatsApp Web keeps the socket. Here it is given references of ours beside WhatsApp's, enough for `lastMs` more.
 */
export function keepSocketPastReferences(
  { ws }: Pick<WASocket, 'ws'>,
  eachMs: number | undefined,
  lastMs: number,
): void {
  const spares = new Array<BinaryNode>(Math.ceil(lastMs / (eachMs ?? LATER_QR_MS))).fill(SPARE)
  ws.prependListener('CB:iq,type:set,pair-device', (stanza: BinaryNode) => {
    const offer = getBinaryNodeChild(stanza, 'pair-device')
    if (offer && Array.isArray(offer.content)) offer.content = [...offer.content, ...spares]
  })
}

/** Whether WhatsApp's own references are used up: a QR of one of ours links nobody. */
export const isSpare = (qr: string): boolean => qr.slice(qr.indexOf('#') + 1).startsWith(`${SPARE.content},`)
