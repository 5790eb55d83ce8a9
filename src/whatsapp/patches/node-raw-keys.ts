import crypto, { createSecretKey } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

type KeyedFactory = (algorithm: string, key: unknown, ...rest: unknown[]) => unknown

const MENDED = Symbol.for('whatsapp-manager.node-keys')

/**
 * Hands `createHmac`, `createCipheriv` and `createDecipheriv` a KeyObject where they get raw bytes, once per process. Node 24.21
 * captures and drops an error with its stack for each raw key: 6 µs an HMAC, 12 µs a cipher, and a WhatsApp message takes
 * some thirty of them. The results are the same.
 */
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
