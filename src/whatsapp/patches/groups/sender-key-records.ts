/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * The record of a sender key is written with each byte of its keys as a number, and read twice for each message to a group with a
 * function called for every one of these numbers (sender-key-record.js): the dearest of all that such a message costs. Here keys are
 * base64, in the form that Baileys reads as well, and become bytes where they are; those kept for late messages when one is used.
 *
 * It can go when Baileys writes keys as text: test/whatsapp/patches/groups/sender-key-records.test.ts then fails.
 * Applied in src/whatsapp/whatsapp.ts.
 */

import { SenderKeyRecord } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-record.js'
import type { SenderKeyState } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-state.js'

type Structure = ReturnType<SenderKeyState['getStructure']>
/** Bytes, or what JSON made of them. */
type Stored = Uint8Array | { type: 'Buffer'; data: string | number[] } | Record<string, number>

const MENDED = Symbol.for('whatsapp-manager.sender-key-records')

/** Makes Baileys write and read records of sender keys without a number for each byte, once per process. */
export function shortenSenderKeyRecords(): void {
  const record: typeof SenderKeyRecord & { [MENDED]?: true } = SenderKeyRecord
  if (record[MENDED]) return
  record.deserialize = bytes => {
    const structures = JSON.parse(Buffer.from(bytes).toString()) as Structure[]
    for (const { senderChainKey, senderSigningKey } of structures) {
      senderChainKey.seed = bytesOf(senderChainKey.seed)
      senderSigningKey.public = bytesOf(senderSigningKey.public)
      if (senderSigningKey.private) senderSigningKey.private = bytesOf(senderSigningKey.private)
    }
    return new SenderKeyRecord(structures)
  }
  Object.assign(SenderKeyRecord.prototype, {
    serialize(this: { senderKeyStates: SenderKeyState[] }) {
      return this.senderKeyStates.map(state => asText(state.getStructure()))
    },
  })
  record[MENDED] = true
}

/** What was written of a key, mended or not, as bytes; throws on anything else. */
export function bytesOf(stored: Stored): Buffer {
  if (stored instanceof Uint8Array) return Buffer.from(stored)
  if (stored.type !== 'Buffer') return Buffer.from(Object.values(stored) as number[])
  const { data } = stored as { data: string | number[] }
  return typeof data === 'string' ? Buffer.from(data, 'base64') : Buffer.from(data)
}

function asText({ senderChainKey, senderSigningKey, senderMessageKeys, ...rest }: Structure) {
  return {
    ...rest,
    senderChainKey: { ...senderChainKey, seed: textOf(senderChainKey.seed) },
    senderSigningKey: {
      public: textOf(senderSigningKey.public),
      private: senderSigningKey.private && textOf(senderSigningKey.private),
    },
    senderMessageKeys: senderMessageKeys.map(key => ({ ...key, seed: textOf(key.seed) })),
  }
}

/** What was read, and not used, is text already. */
const textOf = (key: Stored) =>
  key instanceof Uint8Array ? { type: 'Buffer', data: Buffer.from(key).toString('base64') } : key
