import { createHash } from 'node:crypto'
import { extractMessageContent, proto } from '@whiskeysockets/baileys'
import { decryptMedia, type MediaKind } from '../media/encryption.ts'
import type { MediaHost } from '../media/host.ts'
import { putEncrypted, putPlain } from '../media/put-encrypted.ts'
import { seconds } from '../protocol/stanza.ts'

type Source = Buffer | string
type Common = { mimetype?: string; caption?: string; contextInfo?: proto.IContextInfo }
type Once = { viewOnce?: true }

/**
 * Something with a file: its bytes, or the path it is read from. `seconds` is the duration, `waveform` 64 bytes of 0 to 100, with
 * `viewOnce` it may be seen once.
 */
export type MediaContent =
  | ({ image: Source } & Common & Once)
  | ({ video: Source; seconds?: number } & Common & Once)
  | ({ audio: Source; mimetype?: string; ptt?: boolean; seconds?: number; waveform?: Uint8Array } & Once)
  | ({ document: Source; filename?: string } & Common)
  | { sticker: Source; mimetype?: string }

export const MEDIA_KINDS = ['image', 'video', 'audio', 'document', 'sticker'] as const satisfies MediaKind[]

const MIMETYPES: Record<MediaKind, string> = {
  image: 'image/jpeg',
  video: 'video/mp4',
  audio: 'audio/ogg; codecs=opus',
  document: 'application/octet-stream',
  sticker: 'image/webp',
}

/** The media part of a message that was received or sent, and what kind it is. */
export type MediaPart = { kind: MediaKind; media: proto.Message.IImageMessage }

/** True for content with a file that is not encrypted yet. */
export function isMediaContent(content: object): content is MediaContent {
  return MEDIA_KINDS.some(kind => kind in content)
}

/** Encrypts a file, puts it on the media host and makes the message that names it. Rejects when the file cannot be read. */
export async function mediaMessage(host: MediaHost, content: MediaContent): Promise<proto.IMessage> {
  const { kind, source, part } = parted(content)
  const put = { ...(await putEncrypted(host, source, kind)), mediaKeyTimestamp: seconds() }
  const message = messageOf(host, kind, { ...part, ...put })
  if ('viewOnce' in content)
    return { [kind === 'audio' ? 'viewOnceMessageV2Extension' : 'viewOnceMessageV2']: { message } }
  // Phones wrap a document that has a caption, so that old clients skip it.
  return message.documentMessage?.caption ? { documentWithCaptionMessage: { message } } : message
}

/** The same for a newsletter, whose files are not encrypted. */
export async function plainMediaMessage(host: MediaHost, content: MediaContent): Promise<proto.IMessage> {
  const { kind, source, part } = parted(content)
  return messageOf(host, kind, { ...part, ...(await putPlain(host, source)) })
}

function parted(content: MediaContent) {
  const kind = MEDIA_KINDS.find(one => one in content)!
  const { [kind]: source, ...about } = content as { [K in MediaKind]: Source } & Record<string, unknown>
  const { mimetype, filename, ...rest } = about
  const named = kind === 'document' && { fileName: filename ?? 'file', title: filename ?? 'file' }
  return { kind, source, part: { ...rest, ...named, mimetype: mimetype ?? MIMETYPES[kind] } }
}

const messageOf = (host: MediaHost, kind: MediaKind, part: { directPath: string }) =>
  proto.Message.fromObject({ [`${kind}Message`]: { ...part, url: `https://${host.host}${part.directPath}` } })

/** The media of a message, whatever it is wrapped in. */
export function mediaOf(message: proto.IMessage | undefined | null): MediaPart | undefined {
  const content = extractMessageContent(message ?? undefined)
  for (const kind of MEDIA_KINDS) {
    const media = content?.[`${kind}Message`]
    if (media) return { kind, media }
  }
  return undefined
}

/**
 * Reads the file of a message from the media host, decrypted. Throws when there is none, and at the end when MAC, length or one
 * of the two hashes is not what the message says.
 */
export async function* readMedia(host: MediaHost, message: proto.IMessage): AsyncIterable<Buffer> {
  const part = mediaOf(message)
  if (!part) throw new Error('the message has no media')
  const { kind, media } = part
  const stored = host.files.find(media.directPath ?? '')
  if (!stored) throw new Error(`the media host has no ${media.directPath}`)
  if (!stored.sha256.equals(media.fileEncSha256 ?? Buffer.alloc(0)))
    throw new Error('the encrypted file is not the one of the message')
  const hash = createHash('sha256')
  let length = 0
  for await (const chunk of decryptMedia(host.files.read(stored), media.mediaKey ?? Buffer.alloc(0), kind)) {
    hash.update(chunk)
    length += chunk.length
    yield chunk
  }
  if (length !== Number(media.fileLength))
    throw new Error('the file has another length than the message says')
  if (!hash.digest().equals(media.fileSha256 ?? Buffer.alloc(0)))
    throw new Error('the file has another hash than the message says')
}
