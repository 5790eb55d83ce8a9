import { describe, expect, it } from 'vitest'
import { answerMedia, type Conditions } from '../../../src/media/serve/serve-media.ts'

const ID = 'ab'.repeat(32)
const FILE = { id: ID, size: 10, mimetype: 'image/jpeg', filename: 'cat.jpg' }
const ALWAYS = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "sandbox; default-src 'none'",
  ETag: `"${ID}"`,
  'Cache-Control': 'private',
  'Accept-Ranges': 'bytes',
}
const DESCRIBED = {
  ...ALWAYS,
  'Content-Type': 'image/jpeg',
  'Content-Disposition': `attachment; filename="cat.jpg"; filename*=UTF-8''cat.jpg`,
}

describe('the whole file', () => {
  it('is served as a download that cannot run', () => {
    expect(answerMedia(FILE)).toEqual({
      status: 200,
      headers: { ...DESCRIBED, 'Content-Length': '10' },
      body: 'whole',
    })
  })

  it.each([
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=5-4',
    'bytes=0-1,3-4',
    'bytes=0-1, -1',
    'bytes=--5',
    'bytes=1.5-3',
    'bytes=+1-3',
    'bytes 0-1',
    'items=0-1',
    '0-1',
    '',
  ])('is served for the range header %j', range => {
    expect(answerMedia(FILE, { range })).toEqual(answerMedia(FILE))
  })
})

describe('a range', () => {
  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=0-9', 0, 9],
    ['bytes=0-', 0, 9],
    ['bytes=3-5', 3, 5],
    ['bytes=9-', 9, 9],
    ['bytes=9-9', 9, 9],
    ['bytes=5-10', 5, 9],
    [`bytes=5-${'9'.repeat(400)}`, 5, 9],
    ['bytes=-1', 9, 9],
    ['bytes=-10', 0, 9],
    ['bytes=-11', 0, 9],
    [`bytes=-${'9'.repeat(400)}`, 0, 9],
    ['Bytes = 3 - 5', 3, 5],
    ['bytes=0003-0005', 3, 5],
  ])('%s', (range, start, end) => {
    expect(answerMedia(FILE, { range })).toEqual({
      status: 206,
      headers: {
        ...DESCRIBED,
        'Content-Range': `bytes ${start}-${end}/10`,
        'Content-Length': String(end - start + 1),
      },
      body: { start, end },
    })
  })

  it.each([
    ['bytes=10-', 10],
    ['bytes=10-20', 10],
    ['bytes=99999999999999999999-', 10],
    ['bytes=-0', 10],
    ['bytes=0-', 0],
    ['bytes=0-0', 0],
    ['bytes=-5', 0],
  ])('%s is refused for a file of %i bytes', (range, size) => {
    expect(answerMedia({ ...FILE, size }, { range })).toEqual({
      status: 416,
      headers: { ...ALWAYS, 'Content-Range': `bytes */${size}`, 'Content-Length': '0' },
      body: null,
    })
  })

  it.each<[string | undefined, number]>([
    [`"${ID}"`, 206],
    [` "${ID}" `, 206],
    [undefined, 206],
    [`W/"${ID}"`, 200],
    ['"other"', 200],
    ['Thu, 01 Jan 2026 00:00:00 GMT', 200],
    ['', 200],
  ])('with If-Range %s is answered %i', (ifRange, status) => {
    expect(answerMedia(FILE, { range: 'bytes=0-1', ifRange }).status).toBe(status)
  })
})

describe('a caller that has the file already', () => {
  it.each<[Conditions, number]>([
    [{ ifNoneMatch: `"${ID}"` }, 304],
    [{ ifNoneMatch: `W/"${ID}"` }, 304],
    [{ ifNoneMatch: `"other", "${ID}"` }, 304],
    [{ ifNoneMatch: '*' }, 304],
    [{ ifNoneMatch: `"${ID}"`, range: 'bytes=0-1' }, 304],
    [{ ifNoneMatch: `"${ID}"`, range: 'bytes=99-' }, 304],
    [{ ifNoneMatch: '"other"' }, 200],
    [{ ifNoneMatch: ID }, 200],
    [{ ifNoneMatch: '' }, 200],
    [{ ifNoneMatch: '"other"', range: 'bytes=0-1' }, 206],
  ])('with If-None-Match %j is answered %i', (conditions, status) => {
    expect(answerMedia(FILE, conditions).status).toBe(status)
  })

  it('gets no body', () => {
    expect(answerMedia(FILE, { ifNoneMatch: '*' })).toEqual({ status: 304, headers: ALWAYS, body: null })
  })
})

describe('type and name of a file, given by strangers', () => {
  it.each<[string | null, string]>([
    ['audio/ogg; codecs=opus', 'audio/ogg; codecs="opus"'],
    ['Video/MP4; codecs="avc1.4d, mp4a.40.2"', 'video/mp4'],
    ['video/mp4; codecs="avc1.4d,mp4a.40.2"', 'video/mp4; codecs="avc1.4d,mp4a.40.2"'],
    ['text/html; charset=utf-8', 'text/html'],
    ['text/html\r\nSet-Cookie: a=b', 'application/octet-stream'],
    ['text/html; codecs=x\r\nSet-Cookie: a=b', 'text/html'],
    ['html', 'application/octet-stream'],
    ['', 'application/octet-stream'],
    [null, 'application/octet-stream'],
  ])('the type %j becomes %s', (mimetype, header) => {
    expect(answerMedia({ ...FILE, mimetype }).headers['Content-Type']).toBe(header)
  })

  it.each([
    null,
    'x"\r\nSet-Cookie: a=b',
    'año 报告.pdf',
    '../../etc/passwd',
    '\ud800',
  ])('the name %j stays within one header', filename => {
    const { headers } = answerMedia({ ...FILE, filename })
    expect(headers['Content-Disposition']).toMatch(
      /^attachment(; filename="[\w.\- ]+"; filename\*=UTF-8''[\w.\-%~!]+)?$/,
    )
    for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7e]*$/)
  })
})
