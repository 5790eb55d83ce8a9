import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClock } from '../../src/base/clock.ts'
import { createFfmpeg } from '../../src/media/convert/ffmpeg.ts'
import { createVoiceNotes, VOICE_MIMETYPE } from '../../src/media/convert/voice-notes.ts'
import { fetchMedia } from '../../src/media/fetch/fetch-media.ts'
import { checkMedia, type MediaKind, maxBytesOf } from '../../src/media/limits.ts'
import { openMediaStore } from '../../src/media/media-store.ts'
import { HEAD_BYTES, mimetypeOf } from '../../src/media/mimetype.ts'
import { loadLinkKey } from '../../src/media/serve/link-key.ts'
import { checkMediaLink, mediaLink } from '../../src/media/serve/links.ts'
import { answerMedia } from '../../src/media/serve/serve-media.ts'
import type { MediaStore } from '../../src/ports/media/media-store.ts'
import { hasFfmpeg, oggPage, opusHead } from './convert/voice.ts'
import { createFileServer, type FileServer, options } from './file-server.ts'
import { createMediaTable } from './media-table.ts'

const signal = new AbortController().signal
const clock = createClock()

let dataDir: string
let store: MediaStore
let files: FileServer

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'media-'))
  store = openMediaStore({ dataDir, clock, table: createMediaTable() })
  files = await createFileServer()
})

afterEach(async () => {
  await files.close()
  await rm(dataDir, { recursive: true, force: true })
})

const MOST = 100 * 1024 * 1024
const pathOf = (id: string) => join(dataDir, 'media', id.slice(0, 2), id)

/** What a send does with a mediaUrl before it is queued. */
async function take(kind: MediaKind, path: string) {
  const maxBytes = maxBytesOf(kind, MOST)
  const fetched = await fetchMedia(`${files.origin}${path}`, options({ maxBytes }))
  const stored = await store.put(fetched.stream, { maxBytes })
  const end = Math.min(stored.size, HEAD_BYTES) - 1
  const head =
    stored.size === 0
      ? Buffer.alloc(0)
      : await buffer((await store.open(stored.id, { start: 0, end }))!.stream)
  const mimetype = await mimetypeOf(head, fetched.mimetype)
  if (mimetype !== 'audio/wav') checkMedia(kind, { size: stored.size, mimetype, head }, MOST)
  return { ...stored, path: pathOf(stored.id), mimetype, filename: fetched.filename }
}

/** A second of sound as a WAV file. */
function wav(): Buffer {
  const samples = Int16Array.from({ length: 8_000 }, (_, at) => 8_000 * Math.sin(at / 3))
  const header = Buffer.alloc(44)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(36 + samples.byteLength, 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(8_000, 24)
  header.writeUInt32LE(16_000, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(samples.byteLength, 40)
  return Buffer.concat([header, Buffer.from(samples.buffer)])
}

describe('a file from a URL', () => {
  it('is stored and served again by a link, under its name', async () => {
    files.handle = (_, response) => response.setHeader('Content-Type', 'text/csv').end('a;b\n1;2\n')
    const { id, size, mimetype, filename } = await take('document', '/list%201.csv?signature=x')
    const key = loadLinkKey(dataDir)
    const url = new URL(mediaLink('http://wa.test', id, clock.now() + 60_000, key))
    const { expires, signature } = Object.fromEntries(url.searchParams)
    expect(url.pathname).toBe(`/media/${id}`)
    expect(checkMediaLink({ of: 'file', id, expires, signature }, clock.now(), key)).toBe('valid')

    const answer = answerMedia({ id, size, mimetype, filename }, { range: 'bytes=4-' })
    expect(answer.status).toBe(206)
    expect(answer.headers).toMatchObject({
      'Content-Type': 'text/csv',
      'Content-Range': 'bytes 4-7/8',
      'Content-Disposition': `attachment; filename="list 1.csv"; filename*=UTF-8''list%201.csv`,
    })
    const opened = await store.open(id, answer.body as { start: number; end: number })
    expect((await buffer(opened!.stream)).toString()).toBe('1;2\n')
  })

  it('that breaks off, or is larger than announced, leaves nothing in the store', async () => {
    files.handle = (_, response) => {
      response.writeHead(200, { 'Content-Length': '10' }).write('half')
      response.destroy()
    }
    await expect(take('document', '/a')).rejects.toMatchObject({ code: 'MEDIA_UNREACHABLE' })
    files.handle = (_, response) => response.writeHead(200).end(Buffer.alloc(500 * 1024 + 1))
    await expect(take('sticker', '/a')).rejects.toMatchObject({
      code: 'MEDIA_TOO_LARGE',
      message: 'The file at mediaUrl is larger than 500 KB',
    })
    expect(await readdir(join(dataDir, 'media'), { recursive: true })).toEqual(['tmp'])
  })

  it.each<[MediaKind, string, string]>([
    ['image', 'image/jpeg', '<script>alert(1)</script>'],
    ['sticker', 'image/webp', 'RIFF'],
    ['video', 'video/mp4', '{}'],
    ['document', 'application/pdf', ''],
  ])('%s that is %s only by its header is refused', async (kind, declared, text) => {
    files.handle = (_, response) => response.setHeader('Content-Type', declared).end(text)
    await expect(take(kind, '/a')).rejects.toMatchObject({ code: 'MEDIA_TYPE_UNSUPPORTED' })
  })
})

describe('a voice note from a URL', () => {
  it('that is Ogg Opus already stays as it is', async () => {
    const bytes = Buffer.concat([opusHead(0), oggPage({ granule: 96_000n, body: Buffer.alloc(50) })])
    files.handle = (_, response) => response.end(bytes)
    const voice = createVoiceNotes(createFfmpeg({ clock, command: '/nowhere/ffmpeg' }))
    const { path, mimetype } = await take('audio', '/voice')
    expect(await voice.convert(path, mimetype, signal)).toBeNull()
    expect(await voice.describe(path, signal)).toEqual({ seconds: 2, waveform: null })
  })

  it.skipIf(!hasFfmpeg)(
    'that is other audio is converted (skipped where ffmpeg is not installed)',
    async () => {
      files.handle = (_, response) =>
        response.setHeader('Content-Type', 'application/octet-stream').end(wav())
      const voice = createVoiceNotes(createFfmpeg({ clock }))
      const { path, mimetype, id } = await take('audio', '/voice')
      expect(mimetype).toBe('audio/wav')
      const maxBytes = maxBytesOf('audio', MOST)
      const note = await store.put((await voice.convert(path, mimetype, signal))!, { maxBytes })
      expect(note.id).not.toBe(id)
      const { seconds, waveform } = await voice.describe(pathOf(note.id), signal)
      expect(seconds).toBe(1)
      expect(Math.max(...waveform!)).toBe(100)
      const head = await buffer((await store.open(note.id, { start: 0, end: 99 }))!.stream)
      expect(await mimetypeOf(head, null)).toBe(VOICE_MIMETYPE)
    },
  )
})
