import type { MediaType } from '../../messages/send.ts'
import { isAccepted, type MediaKind, STICKER_LIMITS } from '../limits.ts'
import { AUDIO_CONTAINERS, VIDEO_CONTAINERS } from './containers.ts'
import { PICTURES, type Pictures } from './pictures.ts'
import type { Recordings } from './recordings.ts'

/** A file in another format than it came in. */
export interface Converted {
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  mimetype: string
}

export interface Conversions {
  /**
   * The file as WhatsApp plays it; null where it does so as it is, or nothing here can convert it. Rejects, or its bytes do, with
   * MEDIA_TYPE_UNSUPPORTED and what would help. Voice notes are made elsewhere.
   */
  convert(type: MediaType, path: string, mimetype: string): Promise<Converted | null>
}

/** A moving picture is a video to WhatsApp. */
export const kindOf = (type: MediaType): MediaKind => (type === 'gif' ? 'video' : type)

export function createConversions(pictures: Pictures, recordings: Recordings): Conversions {
  return {
    async convert(type, path, mimetype) {
      const kind = kindOf(type)
      if (isAccepted(kind, mimetype)) return null
      if (kind === 'image' && PICTURES.has(mimetype))
        return { bytes: [await pictures.toJpeg(path, mimetype)], mimetype: 'image/jpeg' }
      if (kind === 'sticker' && PICTURES.has(mimetype))
        return { bytes: [await pictures.toSticker(path, mimetype, STICKER_LIMITS)], mimetype: 'image/webp' }
      if (kind === 'video' && Object.hasOwn(VIDEO_CONTAINERS, mimetype))
        return { bytes: await recordings.toMp4(path, mimetype), mimetype: 'video/mp4' }
      if (kind === 'audio' && Object.hasOwn(AUDIO_CONTAINERS, mimetype))
        return { bytes: await recordings.toMp3(path, mimetype), mimetype: 'audio/mpeg' }
      return null
    },
  }
}
