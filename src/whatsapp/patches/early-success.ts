/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * A `<success>` before pairing has ended is taken for a login: Baileys uploads pre-keys, says that it is open, and has an account
 * without an id. WhatsApp's clients ignore it (whatsmeow): a socket that registers is linked by `pair-success`, told to come back
 * (515), and logs in on another socket. Here it hears of no success.
 *
 * It can go when Baileys ignores it: test/whatsapp/patches/early-success.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import type { WASocket } from '@whiskeysockets/baileys'

/** Ignores `<success>` on a socket that was opened to be linked. */
export function ignoreEarlySuccess({ ws, authState }: Pick<WASocket, 'ws' | 'authState'>): void {
  if (!authState.creds.account) ws.removeAllListeners('CB:success')
}
