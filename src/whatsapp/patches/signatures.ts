import { createPublicKey, verify } from 'node:crypto'
import { Curve } from '@whiskeysockets/baileys'
import { SenderKeyMessage } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-message.js'

const P = 2n ** 255n - 19n
const SIGNATURE_BYTES = 64
const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex')
const MENDED = Symbol.for('whatsapp-manager.signatures')

/**
 * Checks an XEdDSA signature (https://signal.org/docs/specifications/xeddsa/): `publicKey` is the 32-byte X25519 key, or
 * 33 bytes with the type byte 0x05; `signature` is 64 bytes whose top bit carries the sign of the Edwards key.
 * Malformed input is false, never an error.
 */
export function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const typed = publicKey.length === 33 && publicKey[0] === 5
  const montgomery = typed ? publicKey.subarray(1) : publicKey
  if (montgomery.length !== 32 || signature.length !== SIGNATURE_BYTES) return false
  const u = littleEndian(montgomery) & (2n ** 255n - 1n)
  if (u >= P - 1n) return false
  const edwards = bytes((mod(u - 1n) * invert(u + 1n)) % P)
  edwards[31]! |= signature[63]! & 0x80
  const plain = Buffer.from(signature)
  plain[63]! &= 0x7f
  try {
    const spki = Buffer.concat([SPKI_ED25519, edwards])
    return verify(null, message, createPublicKey({ key: spki, format: 'der', type: 'spki' }), plain)
  } catch {
    return false
  }
}

/** The root key of a server whose root nobody told us: whatever it signed is taken, what it certifies further is checked. */
export const ANY_ROOT = Buffer.alloc(32)

/**
 * Makes Baileys verify signatures, once per process. Its own `Curve.verify` says yes to every well-formed input, because it
 * waits for an exception where libsignal 6.0.0 returns false. Messages of groups it verifies with libsignal itself, which is
 * right and takes 9 ms of CPU.
 */
export function mendSignatures(): void {
  const curve: typeof Curve & { [MENDED]?: true } = Curve
  if (curve[MENDED]) return
  curve.verify = (publicKey, message, signature) =>
    publicKey === ANY_ROOT || verifySignature(publicKey, message, signature)
  SenderKeyMessage.prototype.verifySignature = function (publicKey) {
    const bytes = this.serialize()
    const [signed, signature] = [bytes.subarray(0, -SIGNATURE_BYTES), bytes.subarray(-SIGNATURE_BYTES)]
    if (!verifySignature(publicKey, signed, signature)) throw new Error('Invalid signature!')
  }
  curve[MENDED] = true
}

const mod = (n: bigint) => ((n % P) + P) % P

function invert(n: bigint): bigint {
  let [a, b, x, y] = [mod(n), P, 1n, 0n]
  while (a > 1n) {
    const quotient = b / a
    ;[a, b] = [b % a, a]
    ;[x, y] = [y - quotient * x, x]
  }
  return mod(x)
}

function littleEndian(data: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(data).reverse().toString('hex')}`)
}

function bytes(n: bigint): Buffer {
  return Buffer.from(n.toString(16).padStart(64, '0'), 'hex').reverse()
}
