import { open } from 'node:fs/promises'
import type { Clock } from '../base/clock.ts'
import { GatewayError } from '../base/errors.ts'
import type { MediaContent, MediaType, SendMedia } from '../messages/send.ts'
import type { MediaPreparer } from '../ports/media-preparer.ts'
import type { MediaStore } from '../ports/media-store.ts'
import type { Thumbnail, Thumbnails } from './convert/thumbnails.ts'
import { VOICE_MIMETYPE, type VoiceNotes } from './convert/voice-notes.ts'
import { fetchMedia } from './fetch/fetch-media.ts'
import { checkMedia, HEAD_BYTES, type MediaKind, maxBytesOf, mimetypeOf } from './kinds.ts'

interface StoredFile {
  id: string
  size: number
  path: string
}

/** A moving picture is a video to WhatsApp. */
const kindOf = (type: MediaType): MediaKind => (type === 'gif' ? 'video' : type)

/** What came with a request is no larger than a request may be; its kind decides later. */
const REQUEST_MAX_BYTES = 64 * 1024 * 1024

/** Files on their way out: fetched or handed in, told by their content, converted where WhatsApp wants it, and kept until they leave. */
export function createMediaPreparer(options: {
  store: MediaStore
  voice: VoiceNotes
  thumbnails: Thumbnails
  clock: Clock
  /** MEDIA_ALLOW_PRIVATE. */
  allowPrivate: boolean
}): MediaPreparer {
  const { store, voice, thumbnails, clock, allowPrivate } = options

  async function bring(media: SendMedia, maxBytes: number, signal: AbortSignal) {
    if (media.id !== null) {
      const opened = await store.open(media.id)
      if (opened === null)
        throw new GatewayError('MEDIA_UNREACHABLE', 'The file that came with this message is gone.')
      opened.stream.destroy()
      const file: StoredFile = { id: media.id, size: opened.size, path: opened.path }
      return { file, mimetype: media.mimetype, filename: media.filename }
    }
    if (media.url === null) throw new GatewayError('MEDIA_UNREACHABLE', 'The message names no file.')
    const fetched = await fetchMedia(media.url, { signal, maxBytes, allowPrivate, clock })
    return {
      file: await store.put(fetched.stream, { maxBytes }),
      mimetype: media.mimetype ?? fetched.mimetype,
      filename: media.filename ?? fetched.filename,
    }
  }

  async function voiceNote(file: StoredFile, mimetype: string, signal: AbortSignal) {
    const converted = await voice.convert(file.path, mimetype, signal)
    const note = converted === null ? file : await store.put(converted, { maxBytes: maxBytesOf('audio') })
    const { seconds, waveform } = await voice.describe(note.path, signal)
    return { note, seconds, waveform }
  }

  async function picture(type: MediaType, path: string, signal: AbortSignal): Promise<Thumbnail | null> {
    if (type === 'image' || type === 'sticker') return thumbnails.ofImage(path)
    return type === 'video' || type === 'gif' ? thumbnails.ofVideo(path, signal) : null
  }

  return {
    keep: bytes => store.put(bytes, { maxBytes: REQUEST_MAX_BYTES }),

    async prepare({ type, media, ptt }: MediaContent): Promise<SendMedia> {
      const { signal } = new AbortController()
      const kind = kindOf(type)
      const { file, mimetype: declared, filename } = await bring(media, maxBytesOf(kind), signal)
      const head = await headOf(file.path)
      const mimetype = await mimetypeOf(head, declared)
      checkMedia(kind, { size: file.size, mimetype, head })
      const ready: SendMedia = { ...media, ready: true, id: file.id, size: file.size, mimetype, filename }
      if (type === 'audio' && ptt) {
        const { note, seconds, waveform } = await voiceNote(file, mimetype, signal)
        return {
          ...ready,
          id: note.id,
          size: note.size,
          mimetype: VOICE_MIMETYPE,
          seconds,
          waveform: waveform && Buffer.from(waveform).toString('base64'),
        }
      }
      const shown = await picture(type, file.path, signal)
      if (shown === null) return ready
      const { width, height, jpeg } = shown
      const thumbnail = type === 'sticker' ? null : Buffer.from(jpeg).toString('base64')
      return { ...ready, width, height, thumbnail }
    },
  }
}

async function headOf(path: string): Promise<Uint8Array> {
  const handle = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}
