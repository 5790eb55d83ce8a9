/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * Baileys counts each answer to a phone that could not read a send twice (messages-recv.js, handleReceipt and sendMessagesAgain): the
 * third request of the five that phones may make is acknowledged and not answered, and the message is lost. Here it answers all five;
 * it asks for what it cannot read itself as often as before.
 *
 * It can go when Baileys counts once: test/whatsapp/patches/stanzas/retry-answers.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import type { UserFacingSocketConfig, WASocket } from '@whiskeysockets/baileys'

/** So often does a phone ask for a message that it cannot read, and so does this device. */
const REQUESTS = 5

/** Baileys' configuration, with room for two counts an answer. */
export const withAllAnswers = (config: UserFacingSocketConfig): UserFacingSocketConfig => ({
  ...config,
  maxMsgRetryCount: 2 * REQUESTS,
})

/** What it asks for itself is counted once. */
export function limitRequests({ messageRetryManager }: Pick<WASocket, 'messageRetryManager'>): void {
  if (messageRetryManager) Object.assign(messageRetryManager, { maxMsgRetryCount: REQUESTS })
}
