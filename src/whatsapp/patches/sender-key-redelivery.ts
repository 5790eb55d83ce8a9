import { proto, type SignalKeyStore, type SignalRepositoryWithLIDStore } from '@whiskeysockets/baileys'

type Distribution = Parameters<SignalRepositoryWithLIDStore['processSenderKeyDistributionMessage']>[0]['item']
/** One of the up to five keys in a stored record, as libsignal's sender-key-state.js writes it. */
interface SenderKeyState {
  senderKeyId: number
  senderSigningKey: { public: { data: number[] | string } }
}

/**
 * Whether a distributed sender key is in the author's record already. `name` is that of the record. WhatsApp delivers distributions
 * again; Baileys adds each as a new key from its old start and drops the oldest of five, so that the ratchet would go back.
 */
export async function holdsSenderKey(
  keys: SignalKeyStore,
  name: string,
  item: Distribution,
): Promise<boolean> {
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
