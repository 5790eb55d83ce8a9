/**
 * libsignal 6.0.0. Upstream: none known.
 *
 * It verifies signatures in JavaScript (curve25519-js), which takes 9 ms of CPU each on the main thread. Node's own Ed25519 is used
 * instead.
 *
 * It can go when libsignal verifies natively: test/patches/libsignal-verify.test.ts then fails.
 * Applied in src/whatsapp/patches/signatures.ts.
 */

import { createPublicKey, verify } from 'node:crypto'

const P = 2n ** 255n - 19n
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex')

/** The length of a signature in bytes. */
export const SIGNATURE_BYTES = 64

/**
 * Checks an XEdDSA signature (https://signal.org/docs/specifications/xeddsa/): `publicKey` is the 32-byte X25519 key, or
 * 33 bytes with the type byte 0x05; `signature` is 64 bytes whose top bit carries the sign of the Edwards key.
 * Malformed input is false, never an error.
 */
export function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const typed = publicKey.length === 33 && publicKey[0] === 5
  const montgomery = typed ? publicKey.subarray(1) : publicKey
  if (montgomery.length !== 32 || signature.length !== SIGNATURE_BYTES) return false
  const u = fromLittleEndian(montgomery) & (2n ** 255n - 1n)
  if (u >= P - 1n) return false
  const edwards = toLittleEndian((mod(u - 1n) * invert(u + 1n)) % P)
  edwards[31]! |= signature[63]! & 0x80
  const plain = Buffer.from(signature)
  plain[63]! &= 0x7f
  try {
    const spki = Buffer.concat([ED25519_SPKI, edwards])
    return verify(null, message, createPublicKey({ key: spki, format: 'der', type: 'spki' }), plain)
  } catch {
    return false
  }
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

function fromLittleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
}

function toLittleEndian(n: bigint): Buffer {
  return Buffer.from(n.toString(16).padStart(64, '0'), 'hex').reverse()
}
