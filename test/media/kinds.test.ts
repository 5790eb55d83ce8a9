import { describe, expect, it } from 'vitest'
import { checkMedia, HEAD_BYTES, type MediaKind, maxBytesOf, mimetypeOf } from '../../src/media/kinds.ts'
import { formatSize } from '../../src/media/sizes.ts'

const KB = 1024
const MB = 1024 * KB

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const latin1 = (text: string) => Buffer.from(text, 'latin1')

const PNG = hex('89504e47 0d0a1a0a 0000000d 49484452 00000001 00000001 08060000 00')
const JPEG = hex('ffd8ffe0 00104a46 49460001 01000001 00010000')
const OGG_OPUS = Buffer.concat([
  latin1('OggS\0\x02'),
  Buffer.alloc(20),
  latin1('\x01\x13OpusHead\x01\x01'),
  Buffer.alloc(20),
])
const OGG_VORBIS = Buffer.concat([
  latin1('OggS\0\x02'),
  Buffer.alloc(20),
  latin1('\x01\x1e\x01vorbis'),
  Buffer.alloc(40),
])
const webp = (flags: number) =>
  Buffer.concat([
    latin1('RIFF\0\0\0\0WEBPVP8X'),
    hex('0a000000'),
    Buffer.from([flags, 0, 0, 0]),
    Buffer.alloc(20),
  ])
const mp4 = (brand: string) => Buffer.concat([hex('00000018'), latin1(`ftyp${brand}\0\0\0\0${brand}mp42`)])
const zip = (name: string) => {
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x04034b50, 0)
  header.writeUInt16LE(name.length, 26)
  return Buffer.concat([header, latin1(name), Buffer.alloc(HEAD_BYTES)])
}
const id3 = (size: number) =>
  Buffer.concat([
    latin1('ID3\x03\0\0'),
    Buffer.from([(size >> 21) & 127, (size >> 14) & 127, (size >> 7) & 127, size & 127]),
    Buffer.alloc(HEAD_BYTES),
  ])
const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'

describe('the type of a file', () => {
  it.each<[string, Uint8Array, string | null, string]>([
    ['content beats the declared type', PNG, 'image/jpeg', 'image/png'],
    ['content beats a harmless one', JPEG, 'text/plain', 'image/jpeg'],
    [
      'a page that says it is a picture',
      latin1('<html><script>alert(1)</script>'),
      'image/jpeg',
      'text/plain',
    ],
    ['binary that says it is a video', hex('00010203'), 'video/mp4', 'application/octet-stream'],
    ['ogg with opus', OGG_OPUS, 'audio/mpeg', 'audio/ogg; codecs=opus'],
    ['ogg with vorbis', OGG_VORBIS, 'audio/ogg; codecs=opus', 'audio/ogg'],
    ['mp4', mp4('isom'), null, 'video/mp4'],
    ['m4a', mp4('M4A '), null, 'audio/x-m4a'],
    ['3gp', mp4('3gp4'), null, 'video/3gpp'],
    ['webp', webp(0), null, 'image/webp'],
    ['pdf', latin1('%PDF-1.7\n'), 'application/octet-stream', 'application/pdf'],
    ['mp3 with a cover longer than the head', id3(2_000_000), null, 'audio/mpeg'],
    ['a Word document by its declared type', zip('mimetypes.xml'), DOCX, DOCX],
    ['a zip that says it is a PDF', zip('a.txt'), 'application/pdf', 'application/zip'],
    ['a zip that says it is a picture', zip('a.txt'), 'image/png', 'application/zip'],
    ['svg', latin1('<?xml version="1.0"?><svg/>'), 'image/svg+xml; charset=utf-8', 'image/svg+xml'],
    ['csv', latin1('a;b\n1;2\n'), 'text/csv; charset=utf-8', 'text/csv'],
    ['json', latin1('{"a":1}'), 'Application/JSON', 'application/json'],
    ['text of no type', Buffer.from('año 报告'), null, 'text/plain'],
    ['text that is cut in a character', Buffer.from('año 报').subarray(0, -1), null, 'text/plain'],
    ['latin-1', latin1('a\xf1o'), null, 'application/octet-stream'],
    ['binary of no type', hex('0001020304'), null, 'application/octet-stream'],
    ['binary of a type of its own', hex('0001020304'), 'application/x-mine', 'application/x-mine'],
    ['a declared type that is no type', latin1('x'), 'text/html\r\nX: y', 'text/plain'],
    ['a declared type that is nonsense', latin1('x'), '../../etc', 'text/plain'],
    ['nothing', new Uint8Array(), null, 'text/plain'],
  ])('%s', async (_, head, declared, mimetype) => {
    expect(await mimetypeOf(head, declared)).toBe(mimetype)
  })
})

describe('what WhatsApp accepts as each kind', () => {
  const check = (kind: MediaKind, mimetype: string, size: number, head: Uint8Array = new Uint8Array(64)) => {
    try {
      checkMedia(kind, { size, mimetype, head })
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
    ['audio', 'audio/ogg', 'taken'],
    ['audio', 'audio/mpeg', 'taken'],
    ['audio', 'video/webm', 'taken'],
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
    expect(maxBytesOf(kind)).toBeGreaterThanOrEqual(limit)
  })

  it('the refusal says what would be accepted', () => {
    const say = (kind: MediaKind, mimetype: string, size: number) => () =>
      checkMedia(kind, { size, mimetype, head: webp(0) })
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
