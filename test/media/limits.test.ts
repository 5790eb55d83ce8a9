import { describe, expect, it } from 'vitest'
import { formatSize } from '../../src/media/format-size.ts'
import { checkMedia, type MediaKind, maxBytesOf } from '../../src/media/limits.ts'
import { JPEG, latin1, mp4, OGG_OPUS, webp } from './sample-bytes.ts'

const KB = 1024
const MB = 1024 * KB

describe('what WhatsApp accepts as each kind', () => {
  const check = (kind: MediaKind, mimetype: string, size: number, head: Uint8Array = new Uint8Array(64)) => {
    try {
      checkMedia(kind, { size, mimetype, head }, 100 * MB)
      return 'taken'
    } catch (error) {
      return (error as { code: string }).code
    }
  }

  it.each<[MediaKind, string, string]>([
    ['image', 'image/jpeg', 'taken'],
    ['image', 'image/png', 'taken'],
    ['image', 'image/webp', 'taken'],
    ['image', 'image/gif', 'MEDIA_TYPE_UNSUPPORTED'],
    ['image', 'image/svg+xml', 'MEDIA_TYPE_UNSUPPORTED'],
    ['image', 'video/mp4', 'MEDIA_TYPE_UNSUPPORTED'],
    ['image', 'toString', 'MEDIA_TYPE_UNSUPPORTED'],
    ['audio', 'audio/ogg; codecs=opus', 'taken'],
    ['audio', 'audio/ogg', 'MEDIA_TYPE_UNSUPPORTED'],
    ['audio', 'audio/mpeg', 'taken'],
    ['audio', 'video/webm', 'MEDIA_TYPE_UNSUPPORTED'],
    ['audio', 'audio/wav', 'MEDIA_TYPE_UNSUPPORTED'],
    ['audio', 'audio/midi', 'MEDIA_TYPE_UNSUPPORTED'],
    ['audio', 'text/plain', 'MEDIA_TYPE_UNSUPPORTED'],
    ['video', 'video/mp4', 'taken'],
    ['video', 'video/3gpp', 'taken'],
    ['video', 'video/quicktime', 'MEDIA_TYPE_UNSUPPORTED'],
    ['video', 'video/webm', 'MEDIA_TYPE_UNSUPPORTED'],
    ['sticker', 'image/webp', 'taken'],
    ['sticker', 'image/png', 'MEDIA_TYPE_UNSUPPORTED'],
    ['document', 'application/pdf', 'taken'],
    ['document', 'application/octet-stream', 'taken'],
    ['document', 'image/svg+xml', 'taken'],
  ])('%s of %s: %s', (kind, mimetype, outcome) => {
    expect(check(kind, mimetype, 1)).toBe(outcome)
  })

  it.each<[MediaKind, string, number, Uint8Array]>([
    ['image', 'image/jpeg', 16 * MB, JPEG],
    ['audio', 'audio/ogg; codecs=opus', 16 * MB, OGG_OPUS],
    ['video', 'video/mp4', 64 * MB, mp4('isom')],
    ['document', 'application/pdf', 100 * MB, latin1('%PDF')],
    ['sticker', 'image/webp', 500 * KB, webp(0x02)],
    ['sticker', 'image/webp', 500 * KB, webp(0x12)],
    ['sticker', 'image/webp', 100 * KB, webp(0x10)],
    ['sticker', 'image/webp', 100 * KB, latin1('RIFF\0\0\0\0WEBPVP8 \0\0\0\0\x02\0\0\0')],
  ])('%s of %s has 1 to %i bytes, not one more', (kind, mimetype, limit, head) => {
    expect(check(kind, mimetype, 0, head)).toBe('MEDIA_TYPE_UNSUPPORTED')
    expect(check(kind, mimetype, limit, head)).toBe('taken')
    expect(check(kind, mimetype, limit + 1, head)).toBe('MEDIA_TOO_LARGE')
    expect(maxBytesOf(kind, 100 * MB)).toBeGreaterThanOrEqual(limit)
  })

  it.each<[MediaKind, number, number]>([
    ['document', 2, 2],
    ['document', 2048, 2048],
    ['image', 2, 2],
    ['image', 2048, 16],
    ['video', 2048, 64],
  ])('%s under a limit of %i MB for all files has at most %i MB', (kind, most, limit) => {
    expect(maxBytesOf(kind, most * MB)).toBe(limit * MB)
    const mimetype = { image: 'image/jpeg', video: 'video/mp4' }[kind as string] ?? 'application/pdf'
    expect(() => checkMedia(kind, { size: limit * MB + 1, mimetype, head: JPEG }, most * MB)).toThrow(
      `larger than ${formatSize(limit * MB)}`,
    )
  })

  it('the refusal says what would be accepted', () => {
    const say = (kind: MediaKind, mimetype: string, size: number) => () =>
      checkMedia(kind, { size, mimetype, head: webp(0) }, 100 * MB)
    expect(say('image', 'image/gif', 1)).toThrow(
      'A file of type image/gif cannot be sent as image: WhatsApp takes JPEG, PNG or WebP (anything goes as document)',
    )
    expect(say('video', 'video/mp4', 70 * MB)).toThrow(
      'The video (70 MB) is larger than 64 MB, the limit for videos',
    )
    expect(say('audio', 'audio/mpeg', 17 * MB)).toThrow(
      'The audio (17 MB) is larger than 16 MB, the limit for audio',
    )
    expect(say('sticker', 'image/webp', 101 * KB)).toThrow(
      'The sticker (101 KB) does not move and is larger than 100 KB, the limit for such stickers',
    )
    expect(say('document', 'text/csv', 0)).toThrow('The file of the document is empty')
  })
})

it.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [1023, '1023 bytes'],
  [1024, '1 KB'],
  [1536, '1.5 KB'],
  [16 * MB, '16 MB'],
  [1024 * MB, '1 GB'],
])('a size of %i bytes is written %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text)
})
