import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { aesEncryptGCM, bytesToCrockford, Curve, proto } from '@whiskeysockets/baileys'

/**
 * The arithmetic of linking by passkey ("shortcake"): WhatsApp Web's modules `WAWebShortcakeLinking*`, whatsmeow's
 * `pair-passkey.go`. Keys are 32 raw bytes, without the 05 of Signal.
 */

/** The kind of device that we register as: Baileys says the same in its registration. */
const PLATFORM = proto.DeviceProps.PlatformType.CHROME

/** What this device committed itself to before it knew anything of the phone. */
export interface Prologue {
  ref: string
  privateKey: Uint8Array
  nonce: Buffer
  /** A ProloguePayload, as WhatsApp gets it. */
  payload: Buffer
}

/** What the phone answered. */
export interface PhoneIdentity {
  publicKey: Uint8Array
  nonce: Uint8Array
}

const sha256 = (...parts: Uint8Array[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()

/** Fresh keys for the reference that WhatsApp gave. */
export function createPrologue(ref: string): Prologue {
  const keys = Curve.generateKeyPair()
  const nonce = randomBytes(32)
  const identity = { publicKey: keys.public, deviceType: PLATFORM, ref }
  const companionEphemeralIdentity = proto.CompanionEphemeralIdentity.encode(identity).finish()
  const commitment = { hash: sha256(companionEphemeralIdentity, nonce) }
  const payload = proto.ProloguePayload.encode({ companionEphemeralIdentity, commitment }).finish()
  return { ref, privateKey: keys.private, nonce, payload: Buffer.from(payload) }
}

/** The key that proves, for five minutes, which device showed the QR with this secret. */
export const handoffKey = (advSecret: Uint8Array): Buffer =>
  Buffer.from(hkdfSync('sha256', advSecret, '', 'shortcake-passkey-handoff-v1', 32))

export const handoffProof = (key: Buffer, { payload }: Prologue): Buffer =>
  createHmac('sha256', key).update(payload).digest()

/** What phone and device show their owner: XXXX-XXXX, without 0, I, O and U. */
export function verificationCode({ nonce }: Prologue, phone: PhoneIdentity): string {
  const digest = sha256(nonce, phone.publicKey)
  const code = bytesToCrockford(Buffer.from(phone.nonce.subarray(0, 5).map((byte, i) => byte ^ digest[i]!)))
  return `${code.slice(0, 4)}-${code.slice(4)}`
}

/** Our keys and the new secret, for this phone alone: an EncryptedPairingRequest. */
export function sealPairingRequest(
  { privateKey, ref }: Prologue,
  phone: PhoneIdentity,
  ours: { noise: Uint8Array; identity: Uint8Array; advSecret: Uint8Array },
): Uint8Array {
  const shared = Curve.sharedKey(privateKey, phone.publicKey)
  const salt = `Companion Pairing ${PLATFORM} with ref ${ref}`
  const key = Buffer.from(hkdfSync('sha256', shared, salt, 'Pairing Information Encryption Key', 32))
  const iv = randomBytes(12)
  const request = proto.PairingRequest.encode({
    companionPublicKey: ours.noise,
    companionIdentityKey: ours.identity,
    advSecret: ours.advSecret,
  }).finish()
  const encryptedPayload = aesEncryptGCM(request, key, iv, Buffer.alloc(0))
  return proto.EncryptedPairingRequest.encode({ encryptedPayload, iv }).finish()
}
