/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * Baileys acknowledges a receipt before its event is out, and WhatsApp never says again what was acknowledged: a receipt that comes as
 * the process is killed would be lost. Here Baileys is given a receipt once what it says is stored; sends do not wait for that.
 *
 * It can go when Baileys acknowledges a receipt after its event was handled: test/whatsapp/durability.test.ts then passes without it.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'

type Handle = (receipt: BinaryNode) => unknown

/** Stores what a receipt says: null if that is nothing, else it is acknowledged once this resolves, and not at all if it rejects. */
export type StoreReceipt = (receipt: BinaryNode) => Promise<unknown> | null

/** Lets Baileys, which alone may be listening yet, wait for what is given to the returned function; all others hear receipts at once. */
export function storeReceipts({ ws }: Pick<WASocket, 'ws'>): (store: StoreReceipt) => void {
  const handlers = ws.listeners('CB:receipt') as Handle[]
  let store: StoreReceipt = () => null
  ws.removeAllListeners('CB:receipt')
  ws.on('CB:receipt', async (receipt: BinaryNode) => {
    const stored = store(receipt)
    if (stored !== null && !(await isDone(stored))) return
    await Promise.all(handlers.map(handle => handle(receipt)))
  })
  return given => {
    store = given
  }
}

const isDone = (work: Promise<unknown>) =>
  work.then(
    () => true,
    () => false,
  )
