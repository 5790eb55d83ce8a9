/**
 * Node 24.21. Upstream: none known.
 *
 * For each raw key Node captures an error with its stack and drops it: 6 µs an HMAC, 12 µs a cipher, and a WhatsApp message takes
 * some thirty of them. `createHmac`, `createCipheriv` and `createDecipheriv` get a KeyObject instead, once per process; the
 * results are the same. A connection's own two keys, with which each frame is sealed (AES-256-GCM), get theirs once.
 *
 * It can go when `npm run bench -- --profile` shows no dearer lines of Node's own without it. No test can say so: it is a matter of time.
 * Applied in src/whatsapp/whatsapp.ts.
 */

import crypto, { createSecretKey, type KeyObject } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

type KeyedFactory = (algorithm: string, key: unknown, ...rest: unknown[]) => unknown

const MENDED = Symbol.for('whatsapp-manager.node-keys')

/** By the bytes that Baileys holds as long as a connection lives, with what they were: they may be changed in place. */
const frameKeys = new WeakMap<Uint8Array, { bytes: Buffer; key: KeyObject }>()

/** Hands Node key objects where Baileys gives raw bytes, once per process; the results are the same. */
export function mendRawKeys(): void {
  const mutable = crypto as unknown as Record<string, KeyedFactory> & { [MENDED]?: true }
  if (mutable[MENDED]) return
  for (const name of ['createHmac', 'createCipheriv', 'createDecipheriv']) {
    const original = mutable[name]!
    mutable[name] = (algorithm, key, ...rest) =>
      original(algorithm, key instanceof Uint8Array ? keyObject(algorithm, key) : key, ...rest)
  }
  mutable[MENDED] = true
  syncBuiltinESMExports()
}

function keyObject(algorithm: string, bytes: Uint8Array): KeyObject {
  if (algorithm !== 'aes-256-gcm') return createSecretKey(bytes)
  const known = frameKeys.get(bytes)
  if (known?.bytes.equals(bytes)) return known.key
  const key = createSecretKey(bytes)
  frameKeys.set(bytes, { bytes: Buffer.from(bytes), key })
  return key
}
