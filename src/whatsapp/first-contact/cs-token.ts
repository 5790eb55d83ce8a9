import { createHmac } from 'node:crypto'
import type { BinaryNode, SignalDataTypeMap } from '@whiskeysockets/baileys'

/** A token of a contact is good for four buckets of a week, this one included (`isTcTokenExpired` of Baileys). */
const [BUCKET_S, BUCKETS] = [604_800, 4]

export interface FirstContactKeys {
  /** The account's salt, which its phone gives at linking; null for links that never got it. */
  salt(): Uint8Array | null
  /** What a contact gave this account, by LID. */
  tokenOf(lid: string): Promise<SignalDataTypeMap['tctoken'] | undefined>
}

/**
 * What a message to one person must carry so that WhatsApp takes it for no stranger's: the contact's own token, which Baileys adds, or
 * else `<cstoken>`, HMAC-SHA256 of the bare LID under the salt (`generateCsToken` of whatsmeow). Without either the answer is often 463.
 */
export async function firstContactNodes(
  lid: string | null,
  keys: FirstContactKeys,
  now: number,
): Promise<BinaryNode[]> {
  const salt = lid && keys.salt()
  if (!salt || isGood(await keys.tokenOf(lid), now)) return []
  return [{ tag: 'cstoken', attrs: {}, content: createHmac('sha256', salt).update(lid).digest() }]
}

function isGood(known: SignalDataTypeMap['tctoken'] | undefined, now: number): boolean {
  if (!known?.token?.length) return false
  const oldest = Math.floor(now / 1000 / BUCKET_S) - (BUCKETS - 1)
  return Number(known.timestamp) >= oldest * BUCKET_S
}
