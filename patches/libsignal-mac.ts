/**
 * libsignal 6.0.0. Upstream: none known.
 *
 * Each HMAC, of which it takes seven for a message to one device, leaves two objects of OpenSSL behind for V8 to collect: 3 us in a
 * process that does nothing else, 18 us in one that has made many. A hash leaves none, and an HMAC is two of them (RFC 2104): 2 us. Three
 * keys are derived (RFC 5869) by the compiled libsignal that Baileys brings along in one call of 6 us.
 *
 * It can go when libsignal makes no such objects: test/patches/libsignal-mac.test.ts then fails.
 * Applied in src/whatsapp/whatsapp.ts.
 */

import { hash, timingSafeEqual } from 'node:crypto'
import { hkdf } from 'whatsapp-rust-bridge'
import { loadLibsignal } from './load-libsignal.ts'

interface Crypto {
  calculateMAC(key: Uint8Array, data: Uint8Array): Buffer
  /** Throws unless the first `length` bytes of the MAC are `mac`. */
  verifyMAC(data: Uint8Array, key: Uint8Array, mac: Uint8Array, length: number): void
  /** So many keys of 32 bytes, three if not said. */
  deriveSecrets(input: Uint8Array, salt: Uint8Array, info: Buffer, chunks?: number): Buffer[]
}

const KEY_BYTES = 32
const BLOCK_BYTES = 64

/** Makes libsignal authenticate and derive keys without objects of OpenSSL. */
export function mendSignalMacs(): void {
  Object.assign(loadLibsignal<Crypto>('src/crypto.js'), {
    calculateMAC,
    verifyMAC(data, key, mac, length) {
      const calculated = calculateMAC(key, data).subarray(0, length)
      if (mac.length !== length || !timingSafeEqual(calculated, mac)) throw new Error('Bad MAC')
    },
    deriveSecrets,
  } satisfies Crypto)
}

/** So many keys of 32 bytes (RFC 5869 with SHA-256), three if not said; `salt` has 32 bytes. */
export function deriveSecrets(input: Uint8Array, salt: Uint8Array, info: Buffer, chunks = 3): Buffer[] {
  const keys = Buffer.from(hkdf(input, KEY_BYTES * chunks, { salt, info: info.toString() }).buffer)
  return Array.from({ length: chunks }, (_, i) => keys.subarray(KEY_BYTES * i, KEY_BYTES * (i + 1)))
}

/** HMAC with SHA-256 under a key of 32 bytes; throws on another length. */
export function calculateMAC(key: Uint8Array, data: Uint8Array): Buffer {
  if (key.length !== KEY_BYTES) throw new Error(`Incorrect key length: ${key.length}`)
  const inner = padded(key, 0x36, data.length)
  inner.set(data, BLOCK_BYTES)
  const outer = padded(key, 0x5c, KEY_BYTES)
  outer.set(hash('sha256', inner, 'buffer'), BLOCK_BYTES)
  return hash('sha256', outer, 'buffer')
}

/** A key as the block with which its hash begins, and room for so many bytes behind it. */
function padded(key: Uint8Array, pad: number, more: number): Buffer {
  const bytes = Buffer.allocUnsafe(BLOCK_BYTES + more)
  for (let i = 0; i < KEY_BYTES; i++) bytes[i] = key[i]! ^ pad
  return bytes.fill(pad, KEY_BYTES, BLOCK_BYTES)
}
