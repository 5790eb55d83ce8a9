/**
 * libsignal 6.0.0. Upstream: none known.
 *
 * It signs in JavaScript (curve25519-js), which takes 11 ms of CPU each on the main thread: every message to a group, every signed
 * pre-key, every pairing. The compiled libsignal that Baileys brings along signs in 0.07 ms; it mixes randomness into each signature, so
 * that two of the same message differ, as XEdDSA demands (https://signal.org/docs/specifications/xeddsa/).
 *
 * It can go when libsignal signs natively: test/patches/libsignal-sign.test.ts then fails.
 * Applied in src/whatsapp/patches/signatures.ts.
 */

import { calculateSignature } from 'whatsapp-rust-bridge'

/** The XEdDSA signature of a message, 64 bytes; `privateKey` is a 32-byte X25519 key, clamped or not. Throws on another length. */
export function signMessage(privateKey: Uint8Array, message: Uint8Array): Buffer {
  if (privateKey?.length !== 32) throw new Error(`Incorrect private key length: ${privateKey?.length}`)
  return Buffer.from(calculateSignature(privateKey, message))
}
