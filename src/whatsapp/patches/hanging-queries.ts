/**
 * Baileys 7.0.0-rc14. Upstream: none known; WhiskeySockets/Baileys pull request 1368 caught the timeout alone.
 *
 * A query that waits for an answer hangs for 60 s after the socket has ended. Here it fails at once, as on an error of the
 * WebSocket, for which it does listen.
 *
 * It can go when Baileys fails its queries at the end: test/whatsapp/patches/hanging-queries.test.ts then fails.
 * Applied in src/whatsapp/socket/socket-end.ts.
 */

import type { WASocket } from '@whiskeysockets/baileys'

/** Fails every query that still waits for an answer, with `error`. */
export function failQueries({ ws }: Pick<WASocket, 'ws'>, error: Error): void {
  ws.emit('error', error)
}
