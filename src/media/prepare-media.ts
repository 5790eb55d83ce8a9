import { Readable } from 'node:stream'
import type { Clock } from '../base/clock.ts'
import { GatewayError } from '../base/errors.ts'
import type { MediaContent, MediaType, SendMedia } from '../messages/send.ts'
import type { MediaPreparer } from '../ports/media/media-preparer.ts'
import type { MediaStore, StoredMedia } from '../ports/media/media-store.ts'
import { type Conversions, kindOf } from './convert/conversions.ts'
import type { Thumbnail, Thumbnails } from './convert/thumbnails.ts'
import { VOICE_MIMETYPE, type VoiceNotes } from './convert/voice-notes.ts'
import { fetchMedia } from './fetch/fetch-media.ts'
import { checkMedia } from './limits.ts'
import { headOf, mimetypeOf } from './mimetype.ts'

/** What came with a request is no larger than a request may be; the limit of its kind is checked later. */
const REQUEST_MAX_BYTES = 64 * 1024 * 1024

/** Files to be sent: fetched or handed in, recognized by their content, converted where WhatsApp wants it, and stored. */
export function createMediaPreparer(options: {
  store: MediaStore
  voice: VoiceNotes
  thumbnails: Thumbnails
  conversions: Conversions
  clock: Clock
  /** MEDIA_MAX_MB in bytes: no file may have more, whatever its kind. */
  maxBytes: number
  /** MEDIA_ALLOW_PRIVATE. */
  allowPrivate: boolean
}): MediaPreparer {
  const { store, voice, thumbnails, conversions, clock, maxBytes: most, allowPrivate } = options

  async function storedFileOf(media: SendMedia, maxBytes: number) {
    if (media.id !== null) {
      const opened = await store.open(media.id)
      if (opened === null) throw gone()
      opened.stream.destroy()
      const file: StoredMedia = { id: media.id, size: opened.size }
      return { file, mimetype: media.mimetype, filename: media.filename }
    }
    if (media.url === null) throw new GatewayError('MEDIA_UNREACHABLE', 'The message names no file.')
    const fetched = await fetchMedia(media.url, { maxBytes, allowPrivate, clock })
    return {
      file: await store.put(fetched.stream, { maxBytes }),
      mimetype: media.mimetype ?? fetched.mimetype,
      filename: media.filename ?? fetched.filename,
    }
  }

  async function withPath<T>({ id }: StoredMedia, work: (path: string) => Promise<T>): Promise<T> {
    const done = await store.withFile(id, async path => ({ result: await work(path) }))
    if (done === null) throw gone()
    return done.result
  }

  async function voiceNoteOf(file: StoredMedia, declared: string | null) {
    const note = await withPath(file, async path => {
      const converted = await voice.convert(path, await mimetypeOf(await headOf(path), declared))
      return converted === null ? file : store.put(converted, { maxBytes: most })
    })
    return withPath(note, async path => {
      checkMedia('audio', { size: note.size, mimetype: VOICE_MIMETYPE, head: await headOf(path) }, most)
      return { note, ...(await voice.describe(path)) }
    })
  }

  /** The file as WhatsApp plays it. */
  async function playable(type: MediaType, given: { file: StoredMedia; mimetype: string | null }) {
    const { file } = given
    return withPath(file, async path => {
      const head = await headOf(path)
      const mimetype = await mimetypeOf(head, given.mimetype)
      const converted = await conversions.convert(type, path, mimetype)
      if (converted === null) return { file, mimetype, head }
      const other = await store.put(Readable.from(converted.bytes), { maxBytes: most })
      return { file: other, mimetype: converted.mimetype, head: await withPath(other, headOf) }
    })
  }

  async function thumbnailOf(type: MediaType, file: StoredMedia): Promise<Thumbnail | null> {
    if (type === 'image' || type === 'sticker') return withPath(file, thumbnails.ofImage)
    return type === 'video' || type === 'gif' ? withPath(file, path => thumbnails.ofVideo(path)) : null
  }

  return {
    keep: bytes => store.put(bytes, { maxBytes: REQUEST_MAX_BYTES }),

    async prepare({ type, media, ptt }: MediaContent): Promise<SendMedia> {
      const kind = kindOf(type)
      const given = await storedFileOf(media, most)
      const { filename } = given
      if (type === 'audio' && ptt) {
        const { note, seconds, waveform } = await voiceNoteOf(given.file, given.mimetype)
        return {
          ...media,
          ready: true,
          id: note.id,
          size: note.size,
          mimetype: VOICE_MIMETYPE,
          filename,
          seconds,
          waveform: waveform && Buffer.from(waveform).toString('base64'),
        }
      }
      const { file, mimetype, head } = await playable(type, given)
      checkMedia(kind, { size: file.size, mimetype, head }, most)
      const ready: SendMedia = { ...media, ready: true, id: file.id, size: file.size, mimetype, filename }
      const picture = await thumbnailOf(type, file)
      if (picture === null) return ready
      const { width, height, bytes } = picture
      const thumbnail = type === 'sticker' ? null : Buffer.from(bytes).toString('base64')
      return { ...ready, width, height, thumbnail }
    },
  }
}

const gone = () => new GatewayError('MEDIA_UNREACHABLE', 'The file that came with this message is gone.')
