import { createDecipheriv, createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/** The phone's half of the arithmetic, as WhatsApp Web's modules `WAWebShortcakeLinking*` have it. */

const BASE32 = '123456789ABCDEFGHJKLMNPQRSTVWXYZ'

/** The code that phone and device show: XXXX-XXXX. */
export function verificationCode(deviceNonce: Buffer, phone: { public: Buffer; nonce: Buffer }): string {
  const digest = createHash('sha256').update(deviceNonce).update(phone.public).digest()
  let bits = 0n
  for (let i = 0; i < 5; i++) bits = (bits << 8n) | BigInt(phone.nonce[i]! ^ digest[i]!)
  let text = ''
  for (let i = 7n; i >= 0n; i--) text += BASE32[Number((bits >> (i * 5n)) & 31n)]
  return `${text.slice(0, 4)}-${text.slice(4)}`
}

/** Whether the device committed itself to this nonce before it knew the phone's. */
export const keepsCommitment = (commitment: Uint8Array, identity: Uint8Array, nonce: Buffer): boolean =>
  createHash('sha256').update(identity).update(nonce).digest().equals(commitment)

/** Whether a device knows the secret of the QR that was scanned. */
export function provesHandoff(proof: Buffer, secret: Uint8Array, prologue: Buffer): boolean {
  const key = hkdfSync('sha256', secret, '', 'shortcake-passkey-handoff-v1', 32)
  const right = createHmac('sha256', Buffer.from(key)).update(prologue).digest()
  return proof.length === right.length && timingSafeEqual(proof, right)
}

/** Opens ciphertext and tag; throws when the device used other keys. */
export function openRequest(
  sealed: { payload: Uint8Array; iv: Uint8Array },
  { shared, platform, ref }: { shared: Uint8Array; platform: number; ref: string },
): Buffer {
  const salt = `Companion Pairing ${platform} with ref ${ref}`
  const key = hkdfSync('sha256', shared, salt, 'Pairing Information Encryption Key', 32)
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key), sealed.iv)
  decipher.setAuthTag(sealed.payload.subarray(-16))
  return Buffer.concat([decipher.update(sealed.payload.subarray(0, -16)), decipher.final()])
}
