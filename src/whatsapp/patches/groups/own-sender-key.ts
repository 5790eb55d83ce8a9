/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * With each message to a group Baileys skips one key of its own chain and keeps it, for nobody (group_cipher.js, encrypt): the record
 * grows by 150 bytes a message up to 2000 keys, and is parsed, made to text and stored anew for every message: 300 KB each in a lively
 * group. Every receiver keeps the skipped keys as well. Here the next key is the next one, as in libsignal, and what was kept goes.
 *
 * It can go when Baileys skips none: test/whatsapp/patches/groups/own-sender-key.test.ts then fails.
 * Applied in src/whatsapp/whatsapp.ts.
 */

import { GroupCipher } from '@whiskeysockets/baileys/lib/Signal/Group/group_cipher.js'
import type { SenderKeyState } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-state.js'

const MENDED = Symbol.for('whatsapp-manager.own-sender-key')

/** Makes Baileys use each key of its own sender chain, once per process. */
export function useEverySenderKey(): void {
  const cipher: GroupCipher & { [MENDED]?: true } = GroupCipher.prototype
  if (cipher[MENDED]) return
  const { encrypt } = cipher
  cipher.encrypt = function (plaintext) {
    return encrypt.call(Object.create(this, { getSenderKey: { value: nextKey } }), plaintext)
  }
  cipher[MENDED] = true
}

function nextKey(state: SenderKeyState) {
  const chainKey = state.getSenderChainKey()
  state.setSenderChainKey(chainKey.getNext())
  state.getStructure().senderMessageKeys = []
  return chainKey.getSenderMessageKey()
}
