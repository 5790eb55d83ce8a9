import { createHash, randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fetchMedia } from '../../../src/media/fetch/fetch-media.ts'
import type { Resolve } from '../../../src/media/fetch/safe-connect.ts'
import { createTestClock } from '../../base/clock.ts'
import { createFileServer, type FileServer, get, options, read } from '../file-server.ts'

let files: FileServer

beforeEach(async () => {
  files = await createFileServer()
})

afterEach(() => files.close())

describe('a fetched file', () => {
  it('comes with its type and name, and the request carries no credentials', async () => {
    files.handle = (_, response) => {
      response.setHeader('Content-Type', 'Image/JPEG; charset=binary')
      response.setHeader('Content-Disposition', 'attachment; filename="cat.jpg"')
      response.setHeader('Set-Cookie', 'a=b')
      response.end('hello')
    }
    const { stream, mimetype, filename } = await fetchMedia(`${files.origin}/x.bin?sig=1#part`, options())
    expect({ mimetype, filename }).toEqual({ mimetype: 'image/jpeg', filename: 'cat.jpg' })
    expect(await read(stream)).toBe('hello')
    expect(files.seen[0]!.url).toBe('/x.bin?sig=1')
    expect(files.seen[0]!.headers).toEqual({
      host: `127.0.0.1:${files.port}`,
      connection: 'keep-alive',
      accept: '*/*',
      'accept-encoding': 'identity',
      'user-agent': 'whatsapp-manager',
    })
  })

  it.each([
    [{ 'Content-Disposition': `attachment; filename="${Buffer.from('año').toString('latin1')}"` }, 'año'],
    [{ 'Content-Disposition': 'inline', 'Content-Length': '5' }, 'given.pdf'],
    [{}, 'given.pdf'],
  ])('whose header is %j is called %s', async (headers, name) => {
    files.handle = (_, response) => response.writeHead(200, headers).end('hello')
    const { filename, mimetype, stream } = await fetchMedia(`${files.origin}/a/given.pdf`, options())
    expect({ filename, mimetype }).toEqual({ filename: name, mimetype: null })
    await read(stream)
  })

  it('comes in pieces that are intact while they are read, and whose memory is released after that', async () => {
    const sent = randomBytes(4_000_000)
    files.handle = (_, response) => response.end(sent)
    const { stream } = await fetchMedia(files.origin, { ...options(), maxBytes: sent.length })
    const pieces: Uint8Array[] = []
    const hash = createHash('sha256')
    for await (const piece of stream) {
      hash.update(piece)
      pieces.push(piece)
    }
    expect(hash.digest('hex')).toBe(createHash('sha256').update(sent).digest('hex'))
    // A piece that shares its memory, as the first does with the headers, is left alone.
    const kept = pieces.reduce((bytes, { byteLength }) => bytes + byteLength, 0)
    expect(kept).toBeLessThan(sent.length / 4)
  })

  it('is fetched without the proxy that the environment names', async () => {
    vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:9')
    vi.stubEnv('http_proxy', 'http://127.0.0.1:9')
    try {
      expect(await get(files.origin)).toBe('hello')
    } finally {
      vi.unstubAllEnvs()
    }
  })
})

describe('a redirect', () => {
  it.each([
    301, 302, 303, 307, 308,
  ])('%i is followed, and the file keeps the name of the first URL', async status => {
    files.handle = (request, response) => {
      if (request.url === '/photo.jpg') response.writeHead(status, { Location: '/b/0123' }).end('gone')
      else response.end('there')
    }
    const { stream, filename } = await fetchMedia(`${files.origin}/photo.jpg`, options())
    expect(filename).toBe('photo.jpg')
    expect(await read(stream)).toBe('there')
  })

  it.each([
    [5, true],
    [6, false],
  ])('%i redirects in a row: %s', async (count, arrives) => {
    files.handle = (request, response) => {
      const step = Number(request.url!.slice(1))
      if (step === count) response.end('there')
      else response.writeHead(302, { Location: `/${step + 1}` }).end()
    }
    const got = get(`${files.origin}/0`)
    if (arrives) expect(await got).toBe('there')
    else
      await expect(got).rejects.toMatchObject({
        code: 'MEDIA_UNREACHABLE',
        message: '127.0.0.1 redirects more than 5 times',
      })
  })

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://[::ffff:a9fe:a9fe]/',
    'http://2852039166/',
    '//0.0.0.0/',
    'file:///etc/passwd',
    'http://user:secret@127.0.0.1/',
    'http://127.0.0.1:22/',
    'http://',
  ])('to %s is refused', async location => {
    files.handle = (_, response) => response.writeHead(302, { Location: location }).end()
    await expect(get(files.origin)).rejects.toMatchObject({ code: 'MEDIA_URL_FORBIDDEN' })
    expect(files.seen).toHaveLength(1)
  })

  it('with an endless body is closed before the next request', async () => {
    let closed = false
    let answer = () => {}
    files.handle = (request, response) => {
      if (request.url === '/there') answer = () => response.end('there')
      else {
        response.on('close', () => {
          closed = true
        })
        response.writeHead(302, { Location: '/there' }).write('moved')
      }
    }
    const got = get(files.origin)
    await vi.waitFor(() => expect({ asked: files.seen.length, closed }).toEqual({ asked: 2, closed: true }))
    answer()
    expect(await got).toBe('there')
  })

  it('without a Location is an answer like any other', async () => {
    files.handle = (_, response) => response.writeHead(302).end()
    await expect(get(files.origin)).rejects.toMatchObject({ message: '127.0.0.1 answered HTTP 302' })
  })
})

describe('an answer', () => {
  it.each([
    [404, false],
    [403, false],
    [410, false],
    [204, false],
    [206, false],
    [304, false],
    [408, true],
    [429, true],
    [500, true],
    [503, true],
  ])('with status %i is refused (retryable: %s)', async (status, retryable) => {
    files.handle = (_, response) => response.writeHead(status).end()
    await expect(get(`${files.origin}/a?signature=secret`)).rejects.toMatchObject({
      code: 'MEDIA_UNREACHABLE',
      message: `127.0.0.1 answered HTTP ${status}`,
      retryable,
    })
  })

  it('that is compressed is refused', async () => {
    files.handle = (_, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('x')
    await expect(get(files.origin)).rejects.toMatchObject({ code: 'MEDIA_UNREACHABLE', retryable: false })
  })

  it.each([
    ['Content-Length: 5\r\n\r\nhello', 'hello'],
    ['Content-Length: 5\r\n\r\nhello and more', /MEDIA_UNREACHABLE|^hello$/],
    ['Content-Length: 50\r\n\r\nhello', /MEDIA_UNREACHABLE/],
    ['Content-Length: 1000001\r\n\r\nhello', /MEDIA_TOO_LARGE/],
    ['Content-Length: 99999999999999999999\r\n\r\nhello', /MEDIA_(TOO_LARGE|UNREACHABLE)/],
    ['Content-Length: -5\r\n\r\nhello', /MEDIA_UNREACHABLE/],
    ['Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', /MEDIA_UNREACHABLE/],
    ['Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n', /MEDIA_UNREACHABLE/],
    ['\r\nhello', 'hello'],
  ])('whose Content-Length is wrong: %j', async (rest, outcome) => {
    const liar = createTcpServer(socket => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\n${rest}`))
    })
    await new Promise<void>(resolve => liar.listen(0, '127.0.0.1', resolve))
    const got = await get(`http://127.0.0.1:${(liar.address() as AddressInfo).port}/`).catch(e => e.code)
    expect(got).toEqual(typeof outcome === 'string' ? outcome : expect.stringMatching(outcome))
    await new Promise(resolve => liar.close(resolve))
  })

  it('that is no HTTP, or a closed port, is MEDIA_UNREACHABLE', async () => {
    const closed = createTcpServer(socket => socket.resume().end('SSH-2.0-OpenSSH\r\n'))
    await new Promise<void>(resolve => closed.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(closed.address() as AddressInfo).port}/`
    await expect(get(url)).rejects.toMatchObject({ code: 'MEDIA_UNREACHABLE' })
    await new Promise(resolve => closed.close(resolve))
    await expect(get(url)).rejects.toMatchObject({
      message: '127.0.0.1 refused the connection (ECONNREFUSED)',
      retryable: true,
    })
  })

  it('without end is cut off at the size limit', async () => {
    let closed = false
    files.handle = (_, response) => {
      const streamFile = () => {
        while (!closed && response.write(Buffer.alloc(64 * 1024)));
      }
      response.on('drain', streamFile).on('close', () => {
        closed = true
      })
      streamFile()
    }
    await expect(get(files.origin)).rejects.toMatchObject({
      code: 'MEDIA_TOO_LARGE',
      message: 'The file at mediaUrl is larger than 976.6 KB',
    })
    await vi.waitFor(() => expect(closed).toBe(true))
  })

  it('of exactly the size limit is taken, one byte more is not', async () => {
    files.handle = (_, response) => response.writeHead(200).write('12345') && response.end('6')
    expect(await get(files.origin, { maxBytes: 6 })).toBe('123456')
    await expect(get(files.origin, { maxBytes: 5 })).rejects.toMatchObject({ code: 'MEDIA_TOO_LARGE' })
  })
})

describe('the deadlines of a fetch', () => {
  it.each([
    ['whose headers do not come', (_: ServerResponse) => {}, 20_000, /did not answer within 20 s/],
    ['whose body does not end', (r: ServerResponse) => r.write('x'), 120_000, /did not come within 120 s/],
  ])('end an answer %s', async (_, act, ms, sentence) => {
    const clock = createTestClock()
    let closed = false
    files.handle = (_, response) => {
      response.on('close', () => {
        closed = true
      })
      act(response)
    }
    const got = get(`${files.origin}/?secret`, { clock }).catch(error => error)
    await vi.waitFor(() => expect(files.seen).toHaveLength(1))
    if (ms > 20_000) await vi.waitFor(() => expect(clock.pending()).toBe(1))
    await clock.advance(ms - 1)
    expect(closed).toBe(false)
    await clock.advance(1)
    const error = await got
    expect(error).toMatchObject({ code: 'MEDIA_UNREACHABLE', retryable: true })
    expect(error.message).toMatch(sentence)
    expect(error.message).not.toMatch(/secret/)
    await vi.waitFor(() => expect(closed).toBe(true))
    expect(clock.pending()).toBe(0)
  })

  it('end a connection that is not made', async () => {
    const clock = createTestClock()
    const resolve = vi.fn<Resolve>(() => new Promise(() => {}))
    const got = get('http://slow.test/', { clock, resolve }).catch(error => error)
    await vi.waitFor(() => expect(resolve).toHaveBeenCalled())
    await clock.advance(5_000)
    expect(await got).toMatchObject({ message: 'slow.test could not be connected to within 5 s' })
    expect(clock.pending()).toBe(0)
  })

  it('leave no timer or connection when all is read, or nobody reads', async () => {
    const clock = createTestClock()
    expect(await get(files.origin, { clock })).toBe('hello')
    expect(clock.pending()).toBe(0)
    await fetchMedia(files.origin, options({ clock }))
    await clock.advance(120_000)
    expect(clock.pending()).toBe(0)
    await vi.waitFor(async () => {
      expect(await files.connections()).toBe(0)
    })
  })
})

describe('an aborted fetch', () => {
  it('rejects with the reason before, during the wait, and during the body', async () => {
    const reason = new Error('shutting down')
    await expect(get(files.origin, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(files.seen).toEqual([])

    files.handle = () => {}
    const waiting = new AbortController()
    const wait = get(files.origin, { signal: waiting.signal }).catch(error => error)
    await vi.waitFor(() => expect(files.seen).toHaveLength(1))
    waiting.abort(reason)
    expect(await wait).toBe(reason)

    files.handle = (_, response) => response.write('half')
    const reading = new AbortController()
    const { stream } = await fetchMedia(files.origin, options({ signal: reading.signal }))
    const body = stream[Symbol.asyncIterator]()
    expect(Buffer.from((await body.next()).value!).toString()).toBe('half')
    const next = body.next().catch(error => error)
    reading.abort(reason)
    expect(await next).toBe(reason)
  })

  it('is closed as well when its reader stops early', async () => {
    let closed = false
    files.handle = (_, response) => {
      response.on('close', () => {
        closed = true
      })
      response.write('half')
    }
    const { stream } = await fetchMedia(files.origin, options())
    for await (const _ of stream) break
    await vi.waitFor(() => expect(closed).toBe(true))
  })
})
