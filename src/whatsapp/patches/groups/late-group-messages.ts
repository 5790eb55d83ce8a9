/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * A message to a group that a later one of the same author overtook cannot be read: its key was kept, but what Baileys stores of it
 * (sender-key-state.js) comes back as `{type: 'Buffer', data: […]}`, which libsignal refuses. The author is asked to send it again,
 * one who is offline by then in vain for long. Here a kept key is bytes again before it is used.
 *
 * It can go when Baileys reads kept keys: test/whatsapp/patches/groups/late-group-messages.test.ts then fails.
 * Applied in src/whatsapp/whatsapp.ts.
 */

import { SenderKeyState } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-state.js'
import { bytesOf } from './sender-key-records.ts'

const MENDED = Symbol.for('whatsapp-manager.late-group-messages')

/** Makes Baileys read a message to a group after later ones of its author, once per process. */
export function readLateGroupMessages(): void {
  const state: SenderKeyState & { [MENDED]?: true } = SenderKeyState.prototype
  if (state[MENDED]) return
  const { removeSenderMessageKey } = state
  state.removeSenderMessageKey = function (iteration) {
    const kept = this.getStructure().senderMessageKeys.find(key => key.iteration === iteration)
    if (kept) kept.seed = bytesOf(kept.seed)
    return removeSenderMessageKey.call(this, iteration)
  }
  state[MENDED] = true
}
