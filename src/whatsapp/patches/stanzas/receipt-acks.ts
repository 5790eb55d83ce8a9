/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * Baileys acknowledges a receipt before its event is out, and WhatsApp never says again what was acknowledged: a receipt that comes as
 * the process is killed would be lost. Here a receipt of what was sent is acknowledged once what it says is stored; sends do not wait for
 * that. Baileys is not told of it: it only makes events of it that nobody listens to, in a queue of its own, which is a tenth of what a
 * sent text costs. Other receipts, such as those that ask for a message again, are its own.
 *
 * It can go when Baileys acknowledges a receipt after its event was handled: test/whatsapp/durability.test.ts then passes without it.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'

type Handle = (receipt: BinaryNode) => unknown

/** Stores what a receipt says of what was sent: null if that is nothing, else it is acknowledged once this resolves, and not at all if it rejects. */
export type StoreReceipt = (receipt: BinaryNode) => Promise<unknown> | null

/** Acknowledges, in the place of Baileys, which alone may be listening yet, what is given to the returned function; all others hear receipts at once. */
export function storeReceipts({
  ws,
  sendMessageAck,
}: Pick<WASocket, 'ws' | 'sendMessageAck'>): (store: StoreReceipt) => void {
  const handlers = ws.listeners('CB:receipt') as Handle[]
  let store: StoreReceipt = () => null
  ws.removeAllListeners('CB:receipt')
  ws.on('CB:receipt', (receipt: BinaryNode) => {
    const stored = store(receipt)
    // What is not acknowledged, for a store that failed or a socket that ended, comes again.
    if (stored !== null) return stored.then(() => sendMessageAck(receipt)).catch(() => {})
    return Promise.all(handlers.map(handle => handle(receipt)))
  })
  return given => {
    store = given
  }
}
