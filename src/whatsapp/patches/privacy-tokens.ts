import type { SignalKeyStore, WASocket } from '@whiskeysockets/baileys'

/**
 * Lets the privacy token that Baileys issues to a contact after a send reach the store. rc14 writes it inside the transaction of
 * that send, which has ended by then: the token is forgotten, and every send costs WhatsApp one more query.
 */
export function mendPrivacyTokens({ authState }: Pick<WASocket, 'authState'>, stored: SignalKeyStore): void {
  const { keys } = authState
  const set = keys.set.bind(keys)
  keys.set = data => (data.tctoken === undefined ? set(data) : stored.set(data))
}
