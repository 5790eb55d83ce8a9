/**
 * Baileys 7.0.0-rc14 with libsignal 6.0.0. Upstream: none known.
 *
 * Every receiver of a message to a group verifies it with libsignal's curve in JavaScript, which takes 9 ms of CPU each. Here
 * libsignal-verify.ts does it.
 *
 * It can go when libsignal verifies natively: test/patches/libsignal-verify.test.ts then fails.
 * Applied in src/whatsapp/patches/signatures.ts, and where a benchmark simulates the phones of a group.
 */

import { SenderKeyMessage } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-message.js'
import { SIGNATURE_BYTES, verifySignature } from './libsignal-verify.ts'

/** Makes Baileys verify messages of groups without the curve in JavaScript; what is wrong throws as before. */
export function verifyNatively(): void {
  SenderKeyMessage.prototype.verifySignature = function (publicKey) {
    const bytes = this.serialize()
    const [signed, signature] = [bytes.subarray(0, -SIGNATURE_BYTES), bytes.subarray(-SIGNATURE_BYTES)]
    if (!verifySignature(publicKey, signed, signature)) throw new Error('Invalid signature!')
  }
}
