/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * Baileys holds its events back in a buffer and throws the buffer away when the socket ends, messages that it has acknowledged to
 * WhatsApp among them. Here they are emitted before.
 *
 * It can go when Baileys flushes its buffer at the end: test/whatsapp/patches/event-buffer/dropped.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import type { WASocket } from '@whiskeysockets/baileys'

/** Lets a socket that ends hand over what it has buffered. */
export function flushBufferAtEnd({ ev, registerSocketEndHandler }: BufferingSocket): void {
  registerSocketEndHandler(() => {
    ev.flush()
  })
}

type BufferingSocket = Pick<WASocket, 'ev' | 'registerSocketEndHandler'>
