/**
 * Baileys 7.0.0-rc14. Upstream: none known; the code came with WhiskeySockets/Baileys pull request 2339.
 *
 * Baileys issues a privacy token to a contact after a send and writes it inside the transaction of that send, which has ended by
 * then: the token is forgotten, and every send costs WhatsApp one more query; and it names the contact by number, where WhatsApp's
 * clients use the LID. Here it goes to the LID, and to the store at once.
 *
 * It can go when the token outlives its send: test/whatsapp/patches/privacy-tokens.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import type { SignalKeyStore, WASocket } from '@whiskeysockets/baileys'

/** Lets the token that Baileys issues after a send go to the contact's LID and reach the `stored` keys. */
export function mendPrivacyTokens(
  { authState, serverProps }: Pick<WASocket, 'authState' | 'serverProps'>,
  stored: SignalKeyStore,
): void {
  // Until WhatsApp's own switch (14303) says otherwise.
  serverProps.lidTrustedTokenIssueToLid = true
  const { keys } = authState
  const set = keys.set.bind(keys)
  keys.set = data => (data.tctoken === undefined ? set(data) : stored.set(data))
}
