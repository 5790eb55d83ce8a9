import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { bytesFrom, type EncryptedKind, encryptMedia, type PlainFacts } from './encryption.ts'
import type { MediaHost } from './host.ts'

/** Encrypts something and puts it on the media host; what a message must say so that it is found and decrypted. */
export async function putEncrypted(host: MediaHost, source: Buffer | string, kind: EncryptedKind) {
  const mediaKey = randomBytes(32)
  let plain: PlainFacts | undefined
  const encrypted = encryptMedia(bytesFrom(source), mediaKey, kind, facts => {
    plain = facts
  })
  const stored = await host.files.write(encrypted)
  const directPath = await host.files.publish(stored)
  const { sha256: fileSha256, length: fileLength } = plain!
  return { directPath, mediaKey, fileSha256, fileEncSha256: stored.sha256, fileLength }
}

/** Puts something on the media host as it is; what the message of a newsletter says so that it is found. */
export async function putPlain(host: MediaHost, source: Buffer | string) {
  const stored = await host.files.write(Readable.from(bytesFrom(source)))
  const directPath = await host.files.publish(stored)
  return { directPath, fileSha256: stored.sha256, fileLength: stored.size }
}
