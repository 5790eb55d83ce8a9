/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * Baileys takes any frame for a sign of life and never looks whether its pings are answered: a server that talks and hears nothing,
 * so that no query and no send comes through, is believed for ever. WhatsApp's clients end such a connection (whatsmeow's
 * `keepalive.go`). Here the end comes when nothing that was asked was answered for as long as two pings take; the pings themselves
 * are what looks, so that no timer is needed.
 *
 * It can go when Baileys ends a socket whose pings are not answered: test/whatsapp/patches/unanswered-queries.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import type { WASocket } from '@whiskeysockets/baileys'

/** Baileys' own pace of pings, in ms. */
export const KEEP_ALIVE_MS = 30_000

/** Tells for how long, in ms, nothing that was asked was answered, once that is too long; `now` is a monotonic time in ms. */
export function watchAnswers(
  { ws }: Pick<WASocket, 'ws'>,
  unanswered: (ms: number) => void,
  { keepAliveMs = KEEP_ALIVE_MS, now = () => performance.now() } = {},
): void {
  // The third ping finds the first unanswered; a server that is silent altogether is Baileys' own business before that.
  const patience = 1.5 * keepAliveMs + 5000
  let askedAt: number | null = null
  const answered = () => {
    askedAt = null
  }
  whenAsked(ws, () => {
    askedAt ??= now()
    const since = askedAt
    if (now() - since < patience) return
    // What has come while the process was busy is read first.
    setImmediate(() => {
      if (askedAt === since) unanswered(Math.round(now() - since))
    })
  })
  ws.on('CB:iq,type:result', answered)
  ws.on('CB:iq,type:error', answered)
}

/** Calls `asked` at each query, pings included: Baileys listens for `TAG:id` while it waits for the answer. */
export function whenAsked(ws: WASocket['ws'], asked: () => void): void {
  ws.on('newListener', (event: string | symbol) => {
    if (typeof event === 'string' && event.startsWith('TAG:')) asked()
  })
}
