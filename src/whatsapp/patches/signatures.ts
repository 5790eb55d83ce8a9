/**
 * Baileys 7.0.0-rc14 with libsignal 6.0.0. Upstream: no issue known; the review of WhiskeySockets/Baileys pull request 2067 names it.
 *
 * `Curve.verify` says yes to every well-formed input, because it waits for an exception where libsignal returns false. Messages of
 * groups Baileys verifies with libsignal itself, which is right and takes 9 ms of CPU, and signs in 11 ms. Both go
 * through patches/sender-key-signatures.ts and patches/libsignal-sign.ts here.
 *
 * It can go when Baileys refuses a wrong signature: test/whatsapp/patches/signatures.test.ts then fails.
 * Applied in src/whatsapp/whatsapp.ts.
 */

import { Curve } from '@whiskeysockets/baileys'
import { SenderKeyMessage } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-message.js'
import { signMessage } from '../../../patches/libsignal-sign.ts'
import { verifySignature } from '../../../patches/libsignal-verify.ts'
import { verifyNatively } from '../../../patches/sender-key-signatures.ts'
import { bounded } from '../../base/bounded.ts'

const MENDED = Symbol.for('whatsapp-manager.signatures')

/** The root key of a server whose root nobody told us: whatever it signed is taken, what it certifies further is checked. */
export const ANY_ROOT = Buffer.alloc(32)

/** Makes Baileys verify signatures, and sign without a curve in JavaScript, once per process. */
export function mendSignatures(): void {
  const curve: typeof Curve & { [MENDED]?: true } = Curve
  if (curve[MENDED]) return
  curve.verify = (publicKey, message, signature) =>
    publicKey === ANY_ROOT || verifyOnce(publicKey, message, signature)
  curve.sign = signMessage
  Object.assign(SenderKeyMessage.prototype, { getSignature: signMessage })
  verifyNatively()
  curve[MENDED] = true
}

/** Signatures that were right, each with its key and its message; logins of a thousand sessions share two. */
const right = bounded(32, 24 * 60 * 60_000)
/** No longer message is remembered, in bytes: a certificate has a hundred. */
const LONGEST = 1024

function verifyOnce(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (message.length > LONGEST) return verifySignature(publicKey, message, signature)
  const bytes = Buffer.concat([publicKey, signature, message]).toString('latin1')
  // Where one ends and the next begins is part of it.
  const triple = `${publicKey.length} ${signature.length} ${bytes}`
  if (right.has(triple)) return true
  const verified = verifySignature(publicKey, message, signature)
  if (verified) right.set(triple, true)
  return verified
}
