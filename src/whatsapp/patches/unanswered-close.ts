/**
 * Baileys 7.0.0-rc14 on ws 8.23. Upstream: none known.
 *
 * `end()` of Baileys waits for the WebSocket to close, and `ws` waits 30 s for the peer to answer its close frame; Baileys sets
 * nothing else. A session whose network is gone could not be opened again, nor the process stopped, in that time.
 *
 * It can go when Baileys waits less than a few seconds: test/whatsapp/patches/unanswered-close.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import type { WebSocket } from 'ws'

/** How long a peer may take to answer our close frame, in ms. */
const CLOSE_MS = 1000

/** Gives up waiting for the peer's close frame after a second. */
export function limitClosing(websocket: WebSocket): void {
  const close = websocket.close.bind(websocket)
  websocket.close = (...args) => {
    const timer = setTimeout(() => websocket.terminate(), CLOSE_MS)
    websocket.once('close', () => clearTimeout(timer))
    close(...args)
  }
}
