/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * WhatsApp delivers the distribution of a sender key again. Baileys adds each to the author's record as a new key from its old
 * start and drops the oldest of five, so that the ratchet goes back. This says whether the record, called `name`, has the key
 * already: then Baileys must not be given it.
 *
 * It can go when Baileys leaves a key that it has as it is: test/whatsapp/patches/groups/sender-key-redelivery.test.ts then fails.
 * Applied in src/whatsapp/keys/signal-repository.ts.
 */

import { proto, type SignalKeyStore, type SignalRepositoryWithLIDStore } from '@whiskeysockets/baileys'

type Distribution = Parameters<SignalRepositoryWithLIDStore['processSenderKeyDistributionMessage']>[0]['item']
/** One of the up to five keys in a stored record, as libsignal's sender-key-state.js writes it. */
interface SenderKeyState {
  senderKeyId: number
  senderSigningKey: { public: { data: number[] | string } }
}

/** Whether the stored record called `name` has the distributed sender key `item` already. */
export async function hasSenderKey(keys: SignalKeyStore, name: string, item: Distribution): Promise<boolean> {
  const { [name]: record } = await keys.get('sender-key', [name])
  const distributed = item.axolotlSenderKeyDistributionMessage
  if (!record || !distributed) return false
  // The first byte is the version.
  const { id, signingKey } = proto.SenderKeyDistributionMessage.decode(distributed.subarray(1))
  const states = JSON.parse(Buffer.from(record as Uint8Array).toString()) as SenderKeyState[]
  return states.some(
    ({ senderKeyId, senderSigningKey }) =>
      senderKeyId === id && signingKey && bytesOf(senderSigningKey.public.data).equals(signingKey),
  )
}

const bytesOf = (data: number[] | string) =>
  typeof data === 'string' ? Buffer.from(data, 'base64') : Buffer.from(data)
