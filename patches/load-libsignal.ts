import { createRequire } from 'node:module'

/** The copy of libsignal that Baileys uses, or one of its files such as `src/protobufs.js`. `T` is what the caller needs of it. */
export function loadLibsignal<T>(file?: string): T {
  const requireFromBaileys = createRequire(import.meta.resolve('@whiskeysockets/baileys'))
  return requireFromBaileys(file === undefined ? 'libsignal' : `libsignal/${file}`) as T
}
