/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * Baileys asks for a message again inside the transaction that makes the one-time key which goes with the question: it is stored after
 * the question has left. A process that dies in between has given away a key that nobody has; what comes under it cannot be read, nor
 * what follows in that chat. Here a new key is stored when it is made, and what names it leaves once the counter of keys is stored, too.
 *
 * It can go when Baileys stores the key first: test/whatsapp/patches/keys/pre-keys-in-retries.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import type { SignalDataSet, SignalKeyStore, WASocket } from '@whiskeysockets/baileys'

/** Lets new one-time keys reach the `stored` keys at once, transaction or not. */
export function storePreKeysFirst(
  { authState: { keys } }: Pick<WASocket, 'authState'>,
  stored: SignalKeyStore,
): void {
  const set = keys.set.bind(keys)
  keys.set = async data => {
    const fresh = newPreKeysIn(data)
    if (fresh !== null && keys.isInTransaction()) await stored.set({ 'pre-key': fresh })
    await set(data)
  }
}

function newPreKeysIn({ 'pre-key': keys = {} }: SignalDataSet): NonNullable<SignalDataSet['pre-key']> | null {
  const fresh = Object.entries(keys).filter(([, key]) => key !== null)
  return fresh.length > 0 ? Object.fromEntries(fresh) : null
}
