import { GatewayError } from '../base/errors.ts'
import { formatSize, tooLarge } from './format-size.ts'

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
 * What WhatsApp takes. Formats, stickers, audio and documents: Meta's table "Supported media types" of the Cloud API, which also
 * tells what its clients play. Images (16 MB) and videos (64 MB) are the limits of WhatsApp's own clients for linked devices,
 * which are wider than the Cloud API's (5 and 16 MB); webp is an image to every client.
 */
const LIMITS: Record<MediaKind, number> = {
  image: 16 * MB,
  audio: 16 * MB,
  video: 64 * MB,
  document: 100 * MB,
  sticker: 500 * KB,
}
const STATIC_STICKER = 100 * KB

/** Audio that becomes a voice note, with ffmpeg's name of the container; a recording may be a video without pictures. */
export const AUDIO_CONTAINERS: Readonly<Record<string, string>> = {
  'audio/ogg; codecs=opus': 'ogg',
  'audio/ogg': 'ogg',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'mov',
  'audio/x-m4a': 'mov',
  'audio/aac': 'aac',
  'audio/amr': 'amr',
  'audio/wav': 'wav',
  'audio/flac': 'flac',
  'video/mp4': 'mov',
  'video/3gpp': 'mov',
  'video/webm': 'matroska',
}

const ACCEPTED: Record<Exclude<MediaKind, 'document'>, { types: readonly string[]; names: string }> = {
  image: { types: ['image/jpeg', 'image/png', 'image/webp'], names: 'JPEG, PNG or WebP' },
  audio: {
    types: Object.keys(AUDIO_CONTAINERS),
    names: 'Ogg Opus, MP3, M4A, AAC, AMR, WAV, FLAC, Ogg Vorbis, MP4, 3GP or WebM',
  },
  video: { types: ['video/mp4', 'video/3gpp'], names: 'MP4 or 3GP' },
  sticker: { types: ['image/webp'], names: 'WebP' },
}

/** The most bytes that a file of this kind may have, whatever is in it. */
export function maxBytesOf(kind: MediaKind): number {
  return LIMITS[kind]
}

/** Throws MEDIA_TYPE_UNSUPPORTED or MEDIA_TOO_LARGE, saying what would be right, if WhatsApp does not take this as that kind. */
export function checkMedia(kind: MediaKind, { size, mimetype, head }: MediaFacts): void {
  if (size === 0) throw unsupported(`The file of the ${kind} is empty`)
  if (kind !== 'document' && !ACCEPTED[kind].types.includes(mimetype))
    throw unsupported(
      `A file of type ${mimetype} cannot be sent as ${kind}: WhatsApp takes ${ACCEPTED[kind].names} (anything goes as document)`,
    )
  if (kind === 'sticker' && size > STATIC_STICKER && !isAnimated(head))
    throw tooLarge(
      `The sticker (${formatSize(size)}) does not move and`,
      STATIC_STICKER,
      'the limit for such stickers',
    )
  if (size > LIMITS[kind])
    throw tooLarge(
      `The ${kind} (${formatSize(size)})`,
      LIMITS[kind],
      `the limit for ${kind === 'audio' ? 'audio' : `${kind}s`}`,
    )
}

/** The animation flag of an extended WebP: https://developers.google.com/speed/webp/docs/riff_container#extended_file_format */
function isAnimated(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(12, 16)).toString('latin1') === 'VP8X' && (head[20]! & 0x02) !== 0
}

function unsupported(message: string): GatewayError {
  return new GatewayError('MEDIA_TYPE_UNSUPPORTED', message)
}
