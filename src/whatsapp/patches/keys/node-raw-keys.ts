/**
 * Node 24.21. Upstream: none known.
 *
 * For each raw key Node captures an error with its stack and drops it: 6 µs an HMAC, 12 µs a cipher, and a WhatsApp message takes
 * some thirty of them. `createHmac`, `createCipheriv` and `createDecipheriv` get a KeyObject instead, once per process; the
 * results are the same.
 *
 * It can go when raw keys cost no more than a KeyObject: test/whatsapp/patches/keys/node-raw-keys.test.ts then fails.
 * Applied in src/whatsapp/whatsapp.ts.
 */

import crypto, { createSecretKey } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

type KeyedFactory = (algorithm: string, key: unknown, ...rest: unknown[]) => unknown

const MENDED = Symbol.for('whatsapp-manager.node-keys')

/** Hands Node key objects where Baileys gives raw bytes, once per process; the results are the same. */
export function mendRawKeys(): void {
  const mutable = crypto as unknown as Record<string, KeyedFactory> & { [MENDED]?: true }
  if (mutable[MENDED]) return
  for (const name of ['createHmac', 'createCipheriv', 'createDecipheriv']) {
    const original = mutable[name]!
    mutable[name] = (algorithm, key, ...rest) =>
      original(algorithm, key instanceof Uint8Array ? createSecretKey(key) : key, ...rest)
  }
  mutable[MENDED] = true
  syncBuiltinESMExports()
}
