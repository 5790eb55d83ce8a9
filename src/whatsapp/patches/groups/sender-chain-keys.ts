/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * Each step of a sender chain takes libsignal's HMAC six times, bound at import so that patches/libsignal-mac.ts does not reach it; four
 * of them are for the key of a message, also where that is only kept for later, up to 2000 times at once. Here they are taken without
 * objects of OpenSSL, and a key is derived when it is used.
 *
 * It can go when libsignal makes no such objects: test/whatsapp/patches/groups/sender-chain-keys.test.ts then fails.
 * Applied in src/whatsapp/whatsapp.ts.
 */

import { SenderChainKey } from '@whiskeysockets/baileys/lib/Signal/Group/sender-chain-key.js'
import { SenderMessageKey } from '@whiskeysockets/baileys/lib/Signal/Group/sender-message-key.js'
import { calculateMAC, deriveSecrets } from '../../../../patches/libsignal-mac.ts'

type MessageKey = Pick<SenderMessageKey, 'getIteration' | 'getIv' | 'getCipherKey' | 'getSeed'>

const MENDED = Symbol.for('whatsapp-manager.sender-chain-keys')
const SALT = Buffer.alloc(32)
const INFO = Buffer.from('WhisperGroup')
/** What the chain's key says for the key of a message; sender-chain-key.js. */
const MESSAGE_KEY_SEED = Buffer.of(1)
const IV_BYTES = 16
const KEY_BYTES = 32

/** Makes Baileys derive keys of groups without objects of OpenSSL, and only those that are used, once per process. */
export function lightenSenderChains(): void {
  const chainKey: SenderChainKey & { [MENDED]?: true } = SenderChainKey.prototype
  if (chainKey[MENDED]) return
  Object.assign(chainKey, {
    getDerivative: (seed: Uint8Array, key: Uint8Array) => calculateMAC(key, seed),
    getSenderMessageKey(this: SenderChainKey): MessageKey {
      return messageKey(this.getIteration(), calculateMAC(this.getSeed(), MESSAGE_KEY_SEED))
    },
  })
  chainKey[MENDED] = true
}

function messageKey(iteration: number, seed: Buffer): MessageKey {
  let derived: Buffer | null = null
  const bytes = () => {
    derived ??= Buffer.concat(deriveSecrets(seed, SALT, INFO, 2))
    return derived
  }
  return Object.assign(Object.create(SenderMessageKey.prototype) as MessageKey, {
    getIteration: () => iteration,
    getSeed: () => seed,
    getIv: () => bytes().subarray(0, IV_BYTES),
    getCipherKey: () => bytes().subarray(IV_BYTES, IV_BYTES + KEY_BYTES),
  })
}
