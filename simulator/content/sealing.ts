import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** What a sealed addition to a message is about; both jids must be written as the one who seals writes them, without device. */
export type Seal = {
  label: SealLabel
  /** The secret of the message that it is about, its id and its author. */
  secret: Uint8Array
  id: string
  author: string
  /** Who seals. */
  by: string
}

export type SealLabel =
  | 'Message Edit'
  | 'Event Edit'
  | 'Poll Edit'
  | 'Poll Add Option'
  | 'Enc Reaction'
  | 'Enc Comment'
  | 'Poll Vote'
  | 'Event Response'

export type Sealed = { encPayload: Uint8Array; encIv: Uint8Array }

/** How a sealed message is spoiled: another length of IV than 12 bytes, another secret, a changed payload. */
export type Spoilt = { ivBytes?: number; wrongSecret?: boolean; tampered?: boolean }

/** Seals an addition to a message, as WhatsApp Web and whatsmeow (msgsecret.go) do: AES-256-GCM, tag last. */
export function seal(
  plain: Uint8Array,
  about: Seal,
  { ivBytes = 12, wrongSecret, tampered }: Spoilt = {},
): Sealed {
  const encIv = randomBytes(ivBytes)
  const key = keyOf(wrongSecret ? { ...about, secret: randomBytes(32) } : about)
  const cipher = createCipheriv('aes-256-gcm', key, encIv)
  const aad = aadOf(about)
  if (aad) cipher.setAAD(aad)
  const encPayload = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  if (tampered) encPayload[0] = (encPayload[0] ?? 0) ^ 1
  return { encPayload, encIv }
}

/** Opens it; undefined when it was sealed under anything else. */
export function unseal(
  { encPayload, encIv }: { [K in keyof Sealed]?: Uint8Array | null },
  about: Seal,
): Buffer | undefined {
  if (!encPayload || encPayload.length < 16 || encIv?.length !== 12) return undefined
  const decipher = createDecipheriv('aes-256-gcm', keyOf(about), encIv)
  const aad = aadOf(about)
  if (aad) decipher.setAAD(aad)
  decipher.setAuthTag(encPayload.subarray(-16))
  try {
    return Buffer.concat([decipher.update(encPayload.subarray(0, -16)), decipher.final()])
  } catch {
    return undefined
  }
}

function keyOf({ secret, id, author, by, label }: Seal): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `${id}${author}${by}${label}`, 32))
}

const aadOf = ({ label, id, by }: Seal) =>
  label === 'Poll Vote' || label === 'Event Response' ? Buffer.from(`${id}\0${by}`) : undefined
