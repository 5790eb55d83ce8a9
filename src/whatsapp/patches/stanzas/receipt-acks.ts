/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * Baileys acknowledges a receipt before its event is out, and WhatsApp never says again what was acknowledged: a receipt that comes as
 * the process is killed would be lost. Here Baileys is given a receipt once what it says is stored; sends do not wait for that.
 *
 * It can go when Baileys acknowledges a receipt after its event was handled: test/whatsapp/durability.test.ts then passes without it.
 * Applied in src/whatsapp/socket/baileys-events.ts.
 */

import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'

type Handle = (receipt: BinaryNode) => unknown

/**
 * `store`: called with each receipt; null if it says nothing that is stored. One whose promise rejects is not acknowledged. Baileys must
 * be listening already.
 */
export function storeReceipts(
  { ws }: Pick<WASocket, 'ws'>,
  store: (receipt: BinaryNode) => Promise<unknown> | null,
): void {
  const handlers = ws.listeners('CB:receipt') as Handle[]
  ws.removeAllListeners('CB:receipt')
  ws.on('CB:receipt', async (receipt: BinaryNode) => {
    const stored = store(receipt)
    if (stored !== null && !(await isDone(stored))) return
    await Promise.all(handlers.map(handle => handle(receipt)))
  })
}

const isDone = (work: Promise<unknown>) =>
  work.then(
    () => true,
    () => false,
  )
