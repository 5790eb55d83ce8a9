import { formatSize } from './format-size.ts'
import { tooLarge, unsupported } from './refusals.ts'

/** The types of `POST /send-message` that carry a file. */
export type MediaKind = 'image' | 'audio' | 'video' | 'document' | 'sticker'

/** What is to be sent: `mimetype` as `mimetypeOf` tells it, `head` the first bytes of the file, at least `HEAD_BYTES` of them. */
export interface MediaFacts {
  size: number
  mimetype: string
  head: Uint8Array
}

const KB = 1024
const MB = 1024 * KB

/**
 * What WhatsApp takes. Formats, stickers, audio and images: Meta's table "Supported media types" of the Cloud API, which also
 * tells what its clients play. Images (16 MB) and videos (64 MB) are the limits of WhatsApp's own clients for linked devices,
 * which are wider than the Cloud API's (5 and 16 MB); webp is an image to every client. A document may have 2 GB: its limit here
 * is the operator's.
 */
const LIMITS: Record<MediaKind, number> = {
  image: 16 * MB,
  audio: 16 * MB,
  video: 64 * MB,
  document: 2048 * MB,
  sticker: 500 * KB,
}
/** In bytes. */
export const STICKER_LIMITS = { still: 100 * KB, moving: LIMITS.sticker }

/** What WhatsApp plays as it is. */
const ACCEPTED: Record<Exclude<MediaKind, 'document'>, { types: readonly string[]; names: string }> = {
  image: { types: ['image/jpeg', 'image/png', 'image/webp'], names: 'JPEG, PNG or WebP' },
  audio: {
    types: [
      'audio/ogg; codecs=opus',
      'audio/mpeg',
      'audio/mp4',
      'audio/x-m4a',
      'audio/aac',
      'audio/amr',
      'video/mp4',
      'video/3gpp',
    ],
    names: 'Ogg Opus, MP3, M4A, AAC, AMR, MP4 or 3GP',
  },
  video: { types: ['video/mp4', 'video/3gpp'], names: 'MP4 or 3GP' },
  sticker: { types: ['image/webp'], names: 'WebP' },
}

/** The most bytes that a file of this kind may have, whatever is in it, if no file may have more than `most`. */
export function maxBytesOf(kind: MediaKind, most: number): number {
  return Math.min(LIMITS[kind], most)
}

/** Whether WhatsApp plays a file of this type as that kind. */
export function isAccepted(kind: MediaKind, mimetype: string): boolean {
  return kind === 'document' || ACCEPTED[kind].types.includes(mimetype)
}

/**
 * Throws MEDIA_TYPE_UNSUPPORTED or MEDIA_TOO_LARGE, saying what would be right, if WhatsApp does not take this as that kind; `most`
 * is what the operator allows any file.
 */
export function checkMedia(kind: MediaKind, { size, mimetype, head }: MediaFacts, most: number): void {
  if (size === 0) throw unsupported(`The file of the ${kind} is empty`)
  if (kind !== 'document' && !isAccepted(kind, mimetype))
    throw unsupported(
      `A file of type ${mimetype} cannot be sent as ${kind}: WhatsApp takes ${ACCEPTED[kind].names} (anything goes as document)`,
    )
  if (kind === 'sticker' && size > STICKER_LIMITS.still && !isAnimated(head))
    throw tooLarge(
      `The sticker (${formatSize(size)}) does not move and`,
      STICKER_LIMITS.still,
      'the limit for such stickers',
    )
  const limit = maxBytesOf(kind, most)
  if (size > limit)
    throw tooLarge(
      `The ${kind} (${formatSize(size)})`,
      limit,
      `the limit for ${kind === 'audio' ? 'audio' : `${kind}s`}`,
    )
}

/** The animation flag of an extended WebP: https://developers.google.com/speed/webp/docs/riff_container#extended_file_format */
function isAnimated(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(12, 16)).toString('latin1') === 'VP8X' && (head[20]! & 0x02) !== 0
}
