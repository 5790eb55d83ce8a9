/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * Baileys writes a message and never looks whether the server acknowledges it: what a connection lost while it answered its pings
 * stays "transmitted" for as long as that connection lives. whatsmeow waits 75 s for the response to a message (`send.go`). Here
 * a connection on which one has had neither ack nor receipt for two pings is not believed any more, and the next one sends it again;
 * the pings themselves are what looks, so that no timer is needed.
 *
 * It can go when Baileys does not believe such a connection: test/whatsapp/unacked-sends.test.ts then passes without it.
 * Applied in src/whatsapp/socket/socket-parts.ts.
 */

import type { WASocket } from '@whiskeysockets/baileys'
import { KEEP_ALIVE_MS, whenAsked } from './unanswered-queries.ts'

/** An ack may come so much later than two pings would say, in ms. */
const LATE_MS = 15_000

/**
 * Tells for how long, in ms, the oldest written send has had no answer, once that is too long (60 s at Baileys' pace of pings).
 * `silentSince`: when it was written, by `now`, a monotonic time in ms; null if there is none.
 */
export function watchAcks(
  { ws }: Pick<WASocket, 'ws'>,
  silentSince: () => number | null,
  unacknowledged: (ms: number) => void,
  { keepAliveMs = KEEP_ALIVE_MS, now = () => performance.now() } = {},
): void {
  const patience = 1.5 * keepAliveMs + LATE_MS
  const isTooLong = (since: number | null): since is number => since !== null && now() - since >= patience
  whenAsked(ws, () => {
    if (!isTooLong(silentSince())) return
    // What has come while the process was busy is read first.
    setImmediate(() => {
      const since = silentSince()
      if (isTooLong(since)) unacknowledged(Math.round(now() - since))
    })
  })
}
