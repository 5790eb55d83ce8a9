/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * WhatsApp tells at login how much waits and sends it in batches, each when it is asked for. Baileys asks once, for 100: what comes
 * after those never arrives, nor does anything that waits for the end of it. Here the next batch is asked for when one has come, and
 * again when WhatsApp falls silent before the end.
 *
 * It can go when Baileys asks for each batch: test/whatsapp/patches/stanzas/offline-batches.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import { type BinaryNode, getBinaryNodeChild, type WASocket } from '@whiskeysockets/baileys'

/** What Baileys asks for itself, and what WhatsApp Web does. */
const [FIRST, NEXT] = [100, 200]
/** How long WhatsApp may be silent before it is asked again, in ms, and how often; a minute of silence is a stalled connection. */
const SILENCE_MS = 2_000
const MAX_REMINDERS = 30
const KINDS = ['message', 'receipt', 'notification', 'call', 'status']

/** Asks for what waits at WhatsApp until all of it has come. */
export function askForBatches({
  ws,
  sendNode,
  registerSocketEndHandler,
}: Pick<WASocket, 'ws' | 'sendNode' | 'registerSocketEndHandler'>): void {
  let [total, asked, received, reminders] = [0, 0, 0, 0]
  let timer: NodeJS.Timeout | undefined
  const ask = () => {
    asked = received + NEXT
    const content = [{ tag: 'offline_batch', attrs: { count: String(NEXT) } }]
    sendNode({ tag: 'ib', attrs: {}, content }).catch(() => {})
  }
  const stop = () => {
    clearTimeout(timer)
    timer = undefined
  }
  const remind = () => {
    if (++reminders > MAX_REMINDERS) return
    ask()
    timer?.refresh()
  }
  const count = ({ attrs: { offline } }: BinaryNode) => {
    // Baileys' name for a live one that waits is none of WhatsApp's numbers.
    if (!timer || !/^\d+$/.test(offline ?? '')) return
    received++
    reminders = 0
    timer.refresh()
    if (received >= asked && received < total) ask()
  }
  ws.on('CB:ib,,offline_preview', (stanza: BinaryNode) => {
    stop()
    total = Number(getBinaryNodeChild(stanza, 'offline_preview')?.attrs.count ?? 0)
    ;[asked, received, reminders] = [FIRST, 0, 0]
    timer = setTimeout(remind, SILENCE_MS)
  })
  for (const kind of KINDS) ws.on(`CB:${kind}`, count)
  ws.on('CB:ib,,offline', stop)
  // Baileys removes who listens to "close" when it ends a socket.
  registerSocketEndHandler(stop)
}
