import { describe, expect, it } from 'vitest'
import { mimetypeOf } from '../../src/media/mimetype.ts'
import { hex, id3, JPEG, latin1, mp4, OGG_OPUS, OGG_VORBIS, PNG, webp, zip } from './sample-bytes.ts'

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
