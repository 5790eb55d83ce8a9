/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * For each frame that it writes Baileys starts a timer and makes three errors with their stacks, which nobody reads (generics.js,
 * promiseTimeout): a tenth of the CPU of a message. The one setting behind it also limits the login. Here only the login is limited,
 * by one timer; a frame that cannot leave fails with its connection, which pings watch (unanswered-queries.ts), and a send that waits
 * for it has a limit of its own.
 *
 * It can go when Baileys makes no errors for frames that leave: test/whatsapp/patches/frame-timeouts.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import type { UserFacingSocketConfig, WASocket } from '@whiskeysockets/baileys'

/** How long WhatsApp may take for the upgrade, and again for its first frame, in ms; Baileys' own limit. */
const LOGIN_MS = 20_000

/** The same settings without a limit for each frame; `limitLogin` must be called for their socket. */
export const withoutFrameTimeouts = (config: UserFacingSocketConfig): UserFacingSocketConfig => ({
  ...config,
  connectTimeoutMs: 0,
})

/** Ends a connection that WhatsApp does not open, or on which it does not answer the first frame: code 408, as Baileys has it. */
export function limitLogin({ ws, registerSocketEndHandler }: LoggingInSocket, limitMs = LOGIN_MS): void {
  const timer = setTimeout(() => ws.emit('error', new Error('the login timed out')), limitMs).unref()
  const stop = () => clearTimeout(timer)
  ws.once('open', () => timer.refresh())
  ws.once('frame', stop)
  registerSocketEndHandler(stop)
}

type LoggingInSocket = Pick<WASocket, 'ws' | 'registerSocketEndHandler'>
