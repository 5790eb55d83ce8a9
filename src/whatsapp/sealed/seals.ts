import { createDecipheriv, hkdfSync } from 'node:crypto'
import type { SealedKind, SealedPart } from '../content/parsed-content.ts'

/** What is sealed how, as whatsmeow (msgsecret.go), whatsapp-rust and WhatsApp Web have it. */
interface Seal {
  /** The end of the key's info; clients differ about a poll's new option, and the tag decides. */
  labels: readonly string[]
  /** The id and the one who sealed stand beside the ciphertext, too. */
  named?: true
  /** Only who wrote the original may have sealed it. */
  byAuthor?: true
  /** How long after the original, in ms. WhatsApp offers an edit for 900 s and takes it up to 1200 s. */
  within?: number
}

export const SEALS: Record<SealedKind, Seal> = {
  edit: { labels: ['Message Edit'], byAuthor: true, within: 1_200_000 },
  eventEdit: { labels: ['Event Edit'], byAuthor: true },
  pollEdit: { labels: ['Poll Edit'], byAuthor: true },
  pollOption: { labels: ['Poll Add Option', 'Poll Edit'] },
  reaction: { labels: ['Enc Reaction'] },
  comment: { labels: ['Enc Comment'] },
  vote: { labels: ['Poll Vote'], named: true },
  eventResponse: { labels: ['Event Response'], named: true },
}

const IV_BYTES = 12
const TAG_BYTES = 16

/** Whether it can have been sealed at all; WhatsApp's clients refuse every other IV. */
export const isWellFormed = ({ encPayload, encIv }: SealedPart): boolean =>
  encIv?.length === IV_BYTES && (encPayload?.length ?? 0) >= TAG_BYTES

/**
 * Opens what is sealed under the secret of the message `id`: AES-256-GCM, the key is HKDF-SHA256 of the secret over id, author,
 * sealer and label. `authors` and `sealers` are the names of both, bare jids; a phone writes those of one kind, and those of two
 * while an account changes from number to LID. Null if none opens it.
 */
export function openSeal(
  part: SealedPart,
  { id, secret, authors, sealers }: { id: string; secret: Uint8Array; authors: string[]; sealers: string[] },
): Buffer | null {
  const { labels, named } = SEALS[part.kind]
  if (!isWellFormed(part)) return null
  for (const [author, sealer] of pairsOf(authors, sealers))
    for (const label of labels) {
      const key = Buffer.from(hkdfSync('sha256', secret, '', `${id}${author}${sealer}${label}`, 32))
      const plain = decrypt(part, key, named ? `${id}\0${sealer}` : null)
      if (plain) return plain
    }
  return null
}

/** Names of one kind before those of two, LIDs before numbers. */
function pairsOf(authors: string[], sealers: string[]): [string, string][] {
  const rank = ([author, sealer]: [string, string]) => {
    const lids = [author, sealer].filter(jid => jid.endsWith('@lid')).length
    return lids === 2 ? 0 : lids === 0 ? 1 : 2
  }
  const pairs = authors.flatMap(author => sealers.map((sealer): [string, string] => [author, sealer]))
  return pairs.sort((one, other) => rank(one) - rank(other))
}

function decrypt({ encPayload, encIv }: SealedPart, key: Buffer, named: string | null): Buffer | null {
  const tag = encPayload!.length - TAG_BYTES
  const decipher = createDecipheriv('aes-256-gcm', key, encIv!, { authTagLength: TAG_BYTES })
  if (named !== null) decipher.setAAD(Buffer.from(named))
  decipher.setAuthTag(encPayload!.subarray(tag))
  try {
    return Buffer.concat([decipher.update(encPayload!.subarray(0, tag)), decipher.final()])
  } catch {
    return null
  }
}
