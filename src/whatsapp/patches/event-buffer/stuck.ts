/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * Baileys holds its events back while any of its work is under way: one message whose handling waits for an answer of WhatsApp keeps
 * all others of the account back for up to 30 s, and so does a login whose waiting messages never end. Here what has been held for 5 s
 * is emitted: it is decrypted and stored, and nothing is to be waited for.
 *
 * It can go when Baileys' own limit is as short: test/whatsapp/patches/event-buffer/stuck.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import type { BaileysEventMap, WASocket } from '@whiskeysockets/baileys'

/** Looked at so often while WhatsApp talks, in ms; what is held at so many looks in a row was held for 5 s. */
const LOOK_MS = 2_500
const LOOKS = 3
/** Events that come out of the buffer only, while it is held. */
const HELD: (keyof BaileysEventMap)[] = ['messages.upsert', 'messages.update', 'messaging-history.set']

/** Emits what Baileys has held back for 5 to 8 s; `freed` is told whenever there was something. Looks only while WhatsApp talks. */
export function freeStuckBuffer(
  { ev, ws, registerSocketEndHandler }: HoldingSocket,
  freed: () => void,
): void {
  let timer: NodeJS.Timeout | undefined
  let looks = 0
  let emitted = false
  ev.process(events => {
    if (HELD.some(name => name in events)) emitted = true
  })
  const wait = () => {
    timer = setTimeout(look, LOOK_MS).unref()
  }
  const look = () => {
    timer = undefined
    looks = ev.isBuffering() && !emitted ? looks + 1 : 0
    emitted = false
    if (looks === LOOKS) {
      ev.flush()
      looks = 0
      if (emitted) freed()
    }
    if (ev.isBuffering()) wait()
  }
  ws.on('frame', () => {
    if (timer === undefined) wait()
  })
  registerSocketEndHandler(() => clearTimeout(timer))
}

type HoldingSocket = Pick<WASocket, 'ev' | 'ws' | 'registerSocketEndHandler'>
