import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto'
import { createReadStream } from 'node:fs'

/** What WhatsApp encrypts apart from the message. */
export type MediaKind = 'image' | 'video' | 'audio' | 'document' | 'sticker'

/** The same, and a part of a phone's history. */
export type EncryptedKind = MediaKind | 'history'

/** What the sender learns about the plain bytes while they pass. */
export type PlainFacts = { length: number; sha256: Buffer }

const MAC_BYTES = 10

/** The HKDF info of each kind, as `MEDIA_HKDF_KEY_MAPPING` in Baileys. */
const INFO: Record<EncryptedKind, string> = {
  image: 'WhatsApp Image Keys',
  sticker: 'WhatsApp Image Keys',
  video: 'WhatsApp Video Keys',
  audio: 'WhatsApp Audio Keys',
  document: 'WhatsApp Document Keys',
  history: 'WhatsApp History Keys',
}

function keysOf(mediaKey: Uint8Array, kind: EncryptedKind) {
  const expanded = Buffer.from(hkdfSync('sha256', mediaKey, Buffer.alloc(0), INFO[kind], 112))
  return {
    iv: expanded.subarray(0, 16),
    cipherKey: expanded.subarray(16, 48),
    macKey: expanded.subarray(48, 80),
  }
}

/** Bytes, or the path of a file that is read as it goes. */
export function bytesFrom(source: Buffer | string): Iterable<Buffer> | AsyncIterable<Buffer> {
  return typeof source === 'string' ? createReadStream(source) : [source]
}

/** Encrypts as WhatsApp does: AES-256-CBC, then the first ten bytes of HMAC-SHA256 over IV and ciphertext. `onEnd` gets the facts at the end. */
export async function* encryptMedia(
  source: Iterable<Buffer> | AsyncIterable<Buffer>,
  mediaKey: Uint8Array,
  kind: EncryptedKind,
  onEnd: (facts: PlainFacts) => void,
): AsyncIterable<Buffer> {
  const { iv, cipherKey, macKey } = keysOf(mediaKey, kind)
  const cipher = createCipheriv('aes-256-cbc', cipherKey, iv)
  const hmac = createHmac('sha256', macKey).update(iv)
  const plain = createHash('sha256')
  let length = 0
  const pass = (encrypted: Buffer) => {
    hmac.update(encrypted)
    return encrypted
  }
  for await (const chunk of source) {
    length += chunk.length
    plain.update(chunk)
    yield pass(cipher.update(chunk))
  }
  yield pass(cipher.final())
  yield hmac.digest().subarray(0, MAC_BYTES)
  onEnd({ length, sha256: plain.digest() })
}

/** Decrypts what `encryptMedia` made. Throws at the end when the MAC is wrong; what was yielded until then cannot be trusted. */
export async function* decryptMedia(
  source: AsyncIterable<Buffer>,
  mediaKey: Uint8Array,
  kind: EncryptedKind,
): AsyncIterable<Buffer> {
  const { iv, cipherKey, macKey } = keysOf(mediaKey, kind)
  const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv)
  const hmac = createHmac('sha256', macKey).update(iv)
  let tail: Buffer = Buffer.alloc(0)
  for await (const chunk of source) {
    const whole = tail.length ? Buffer.concat([tail, chunk]) : chunk
    const cut = Math.max(0, whole.length - MAC_BYTES)
    tail = whole.subarray(cut)
    const encrypted = whole.subarray(0, cut)
    hmac.update(encrypted)
    yield decipher.update(encrypted)
  }
  if (tail.length !== MAC_BYTES || !timingSafeEqual(tail, hmac.digest().subarray(0, MAC_BYTES)))
    throw new Error('the MAC of the media is wrong')
  yield decipher.final()
}
