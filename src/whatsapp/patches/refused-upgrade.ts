/**
 * Baileys 7.0.0-rc14. Upstream: none known; rmyndharis/OpenWA pull request 1579 describes it.
 *
 * Baileys listens for `unexpected-response` of its WebSocket and does nothing with it, which keeps `ws` from ending the handshake:
 * when the upgrade is answered with an HTTP status (401, 502), the socket stays `connecting` for ever, without a close event.
 *
 * It can go when Baileys ends such a socket itself: test/whatsapp/patches/refused-upgrade.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import type { WASocket } from '@whiskeysockets/baileys'

/** Tells the HTTP status with which WhatsApp refused the WebSocket; the handshake ends then. */
export function watchRefusedUpgrade({ ws }: Pick<WASocket, 'ws'>, refused: (status: number) => void): void {
  ws.on('unexpected-response', (request: { destroy(): void }, response: { statusCode?: number }) => {
    refused(response.statusCode ?? 0)
    request.destroy()
  })
}
