import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createClock } from '../../src/clock.ts'
import type { Resolve } from '../../src/media/connect.ts'
import { checkUrl, type FetchOptions, fetchMedia } from '../../src/media/fetch.ts'
import { createTestClock } from '../clock.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

let server: Server
let origin: string
let port: number
let handle: Handler
let seen: IncomingMessage[]

beforeEach(async () => {
  seen = []
  server = createServer((request, response) => {
    seen.push(request)
    handle(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
  origin = `http://127.0.0.1:${port}`
  handle = (_, response) => response.end('hello')
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
})

function options(changes: Partial<FetchOptions> = {}): FetchOptions {
  const signal = new AbortController().signal
  return { signal, maxBytes: 1_000_000, allowPrivate: true, clock: createClock(), ...changes }
}

async function read(stream: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(stream)).toString()
}

async function get(url: string, changes?: Partial<FetchOptions>): Promise<string> {
  return read((await fetchMedia(url, options(changes))).stream)
}

/** A resolver that answers with these addresses, one list per question, the last one for ever. */
function resolver(...answers: string[][]) {
  return vi.fn<Resolve>(async () => {
    const addresses = answers.length > 1 ? answers.shift()! : answers[0]!
    return addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
  })
}

describe('a file', () => {
  it('comes with its type and name, and nothing of ours goes out', async () => {
    handle = (_, response) => {
      response.setHeader('Content-Type', 'Image/JPEG; charset=binary')
      response.setHeader('Content-Disposition', 'attachment; filename="cat.jpg"')
      response.setHeader('Set-Cookie', 'a=b')
      response.end('hello')
    }
    const { stream, mimetype, filename } = await fetchMedia(`${origin}/x.bin?sig=1#part`, options())
    expect({ mimetype, filename }).toEqual({ mimetype: 'image/jpeg', filename: 'cat.jpg' })
    expect(await read(stream)).toBe('hello')
    expect(seen[0]!.url).toBe('/x.bin?sig=1')
    expect(seen[0]!.headers).toEqual({
      host: `127.0.0.1:${port}`,
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
  ])('is named by %j as %s', async (headers, name) => {
    handle = (_, response) => response.writeHead(200, headers).end('hello')
    const { filename, mimetype, stream } = await fetchMedia(`${origin}/a/given.pdf`, options())
    expect({ filename, mimetype }).toEqual({ filename: name, mimetype: null })
    await read(stream)
  })

  it('goes past a proxy that the environment names', async () => {
    vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:9')
    vi.stubEnv('http_proxy', 'http://127.0.0.1:9')
    try {
      expect(await get(origin)).toBe('hello')
    } finally {
      vi.unstubAllEnvs()
    }
  })
})

describe('a URL that is forbidden', () => {
  it.each([
    ['', /not a URL/],
    ['photo.jpg', /not a URL/],
    ['http://', /not a URL/],
    ['http://1.2.3.4.5/', /not a URL/],
    ['file:///etc/passwd', /http/],
    ['ftp://example.com/a', /http/],
    ['data:text/plain,hello', /http/],
    ['javascript:alert(1)', /http/],
    ['http://user:secret@example.com/', /user name/],
    ['http://user@example.com/', /user name/],
    ['https://:secret@example.com/', /user name/],
    ['http://example.com:22/', /port 22/],
    ['http://example.com:25/', /port 25/],
    ['http://example.com:0/', /port 0/],
    ['https://example.com:1023/', /port 1023/],
  ])('%s', async (url, sentence) => {
    const resolve = resolver(['127.0.0.1'])
    const error = await fetchMedia(url, options({ resolve })).catch(error => error)
    expect(error).toMatchObject({ code: 'MEDIA_URL_FORBIDDEN', status: 422, retryable: false })
    expect(error.message).toMatch(sentence)
    expect(error.message).not.toMatch(/secret/)
    expect(resolve).not.toHaveBeenCalled()
  })

  it.each([
    'http://example.com',
    'HTTPS://example.com:443/',
    'http://example.com:80/',
    'https://example.com:80',
    'http://a:1024',
    'http://a:65535',
  ])('and %s is not', url => {
    expect(checkUrl(url).hash).toBe('')
  })

  const LOOPBACK = [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '017700000001',
    '0177.0x0.1',
    '127.0.0.1.',
    '%31%32%37.0.0.1',
    '１２７.０.０.１',
    '127。0。0。1',
    '127.255.255.254',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[64:ff9b::7f00:1]',
    '10.1.2.3',
    '192.168.0.1',
    '172.20.0.1',
    '100.64.0.1',
    '[fd12::1]',
  ]
  it.each(LOOPBACK)('http://%s without MEDIA_ALLOW_PRIVATE', async host => {
    const error = await fetchMedia(`http://${host}:${port}/`, options({ allowPrivate: false })).catch(e => e)
    expect(error).toMatchObject({ code: 'MEDIA_URL_FORBIDDEN' })
    expect(error.message).toMatch(/MEDIA_ALLOW_PRIVATE=true allows it/)
    expect(seen).toEqual([])
  })

  const NEVER = [
    '0.0.0.0',
    '0',
    '169.254.169.254',
    '0xa9fea9fe',
    '2852039166',
    '0251.0376.0251.0376',
    '169.254.43518',
    '[::ffff:169.254.169.254]',
    '[fd00:ec2::254]',
    '[fe80::1]',
    '[::]',
    '[::127.0.0.1]',
    '[2002:7f00:1::]',
    '[2001:0:7f00:1::]',
    '255.255.255.255',
    '224.0.0.1',
    '100.100.100.200',
    '192.0.2.1',
  ]
  it.each(NEVER)('http://%s even with it', async host => {
    const error = await fetchMedia(`http://${host}:${port}/`, options()).catch(error => error)
    expect(error).toMatchObject({ code: 'MEDIA_URL_FORBIDDEN' })
    expect(error.message).not.toMatch(/MEDIA_ALLOW_PRIVATE/)
    expect(seen).toEqual([])
  })

  it('localhost, by the system itself', async () => {
    await expect(get(`http://localhost:${port}/`, { allowPrivate: false })).rejects.toMatchObject({
      code: 'MEDIA_URL_FORBIDDEN',
    })
    expect(await get(`http://localhost:${port}/`)).toBe('hello')
  })
})

describe('a name', () => {
  it.each([
    [['127.0.0.1'], false],
    [['10.0.0.1'], false],
    [['::1'], false],
    [['::ffff:127.0.0.1'], false],
    [['1.1.1.1', '127.0.0.1'], false],
    [['169.254.169.254'], true],
    [['127.0.0.1', '169.254.169.254'], true],
    [['fe80::1%lo'], true],
    [['::127.0.0.1'], true],
    [['not an address'], true],
    [[], true],
  ])('that resolves to %j (private allowed: %s) is refused', async (addresses, allowPrivate) => {
    const get = fetchMedia(
      `http://cdn.test:${port}/`,
      options({ resolve: resolver(addresses), allowPrivate }),
    )
    await expect(get).rejects.toMatchObject({
      code: 'MEDIA_URL_FORBIDDEN',
      message: expect.stringMatching(/^mediaUrl leads to cdn\.test/),
    })
    expect(seen).toEqual([])
  })

  it('is asked for once per connection, and what was checked is what is connected to', async () => {
    const resolve = resolver(['93.184.216.34'], ['127.0.0.1'])
    const deadlines = { connectMs: 200, firstByteMs: 200, wholeMs: 1_000 }
    await expect(
      get(`http://rebind.test:${port}/`, { resolve, deadlines, allowPrivate: false }),
    ).rejects.toMatchObject({ code: 'MEDIA_UNREACHABLE' })
    expect(resolve).toHaveBeenCalledTimes(1)
    expect(seen).toEqual([])
  })

  it('that leads elsewhere at its second look-up is checked again', async () => {
    handle = (_, response) => response.writeHead(302, { Location: '/again' }).end()
    const resolve = resolver(['127.0.0.1'], ['169.254.169.254'])
    await expect(get(`http://rebind.test:${port}/`, { resolve })).rejects.toMatchObject({
      code: 'MEDIA_URL_FORBIDDEN',
    })
    expect(resolve).toHaveBeenCalledTimes(2)
    expect(seen).toHaveLength(1)
  })

  it('counts for nothing if the socket is somewhere else', async () => {
    const peer = vi.spyOn(Socket.prototype as never, '_getpeername' as never)
    peer.mockReturnValue({ address: '169.254.169.254', family: 'IPv4', port: 80 } as never)
    try {
      await expect(
        get(`http://cdn.test:${port}/`, { resolve: resolver(['127.0.0.1']) }),
      ).rejects.toMatchObject({ code: 'MEDIA_URL_FORBIDDEN' })
    } finally {
      peer.mockRestore()
    }
    expect(seen).toEqual([])
  })

  it('that does not exist is unreachable', async () => {
    const resolve = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }))
    await expect(get('https://nowhere.test/a?sig=secret', { resolve })).rejects.toMatchObject({
      code: 'MEDIA_UNREACHABLE',
      message: 'nowhere.test does not exist (ENOTFOUND)',
    })
  })
})

describe('a redirect', () => {
  it.each([
    301, 302, 303, 307, 308,
  ])('%i is followed, the name stays the one that was asked for', async status => {
    handle = (request, response) => {
      if (request.url === '/photo.jpg') response.writeHead(status, { Location: '/b/0123' }).end('gone')
      else response.end('there')
    }
    const { stream, filename } = await fetchMedia(`${origin}/photo.jpg`, options())
    expect(filename).toBe('photo.jpg')
    expect(await read(stream)).toBe('there')
  })

  it.each([
    [5, true],
    [6, false],
  ])('%i of them: %s', async (count, arrives) => {
    handle = (request, response) => {
      const step = Number(request.url!.slice(1))
      if (step === count) response.end('there')
      else response.writeHead(302, { Location: `/${step + 1}` }).end()
    }
    const got = get(`${origin}/0`)
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
    handle = (_, response) => response.writeHead(302, { Location: location }).end()
    await expect(get(origin)).rejects.toMatchObject({ code: 'MEDIA_URL_FORBIDDEN' })
    expect(seen).toHaveLength(1)
  })

  it('without a place to go is an answer like any other', async () => {
    handle = (_, response) => response.writeHead(302).end()
    await expect(get(origin)).rejects.toMatchObject({ message: '127.0.0.1 answered HTTP 302' })
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
  ])('%i is no file (retryable: %s)', async (status, retryable) => {
    handle = (_, response) => response.writeHead(status).end()
    await expect(get(`${origin}/a?signature=secret`)).rejects.toMatchObject({
      code: 'MEDIA_UNREACHABLE',
      message: `127.0.0.1 answered HTTP ${status}`,
      retryable,
    })
  })

  it('that is compressed is refused', async () => {
    handle = (_, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('x')
    await expect(get(origin)).rejects.toMatchObject({ code: 'MEDIA_UNREACHABLE', retryable: false })
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
  ])('whose length is a lie: %j', async (rest, outcome) => {
    const liar = createTcpServer(socket => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\n${rest}`))
    })
    await new Promise<void>(resolve => liar.listen(0, '127.0.0.1', resolve))
    const got = await get(`http://127.0.0.1:${(liar.address() as AddressInfo).port}/`).catch(e => e.code)
    expect(got).toEqual(typeof outcome === 'string' ? outcome : expect.stringMatching(outcome))
    await new Promise(resolve => liar.close(resolve))
  })

  it('that is no HTTP, or a closed port, is unreachable', async () => {
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

  it('without end is cut off at the limit', async () => {
    let closed = false
    handle = (_, response) => {
      const pour = () => {
        while (!closed && response.write(Buffer.alloc(64 * 1024)));
      }
      response.on('drain', pour).on('close', () => {
        closed = true
      })
      pour()
    }
    await expect(get(origin)).rejects.toMatchObject({
      code: 'MEDIA_TOO_LARGE',
      message: 'The file at mediaUrl is larger than 976.6 KB',
    })
    await vi.waitFor(() => expect(closed).toBe(true))
  })

  it('of exactly the limit fits, one byte more does not', async () => {
    handle = (_, response) => response.writeHead(200).write('12345') && response.end('6')
    expect(await get(origin, { maxBytes: 6 })).toBe('123456')
    await expect(get(origin, { maxBytes: 5 })).rejects.toMatchObject({ code: 'MEDIA_TOO_LARGE' })
  })
})

describe('time', () => {
  it.each([
    ['whose headers do not come', (_: ServerResponse) => {}, 20_000, /did not answer within 20 s/],
    ['whose body does not end', (r: ServerResponse) => r.write('x'), 120_000, /did not come within 120 s/],
  ])('ends an answer %s', async (_, act, ms, sentence) => {
    const clock = createTestClock()
    let closed = false
    handle = (_, response) => {
      response.on('close', () => {
        closed = true
      })
      act(response)
    }
    const got = get(`${origin}/?secret`, { clock }).catch(error => error)
    await vi.waitFor(() => expect(seen).toHaveLength(1))
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

  it('ends a connection that is not made', async () => {
    const clock = createTestClock()
    const resolve = vi.fn<Resolve>(() => new Promise(() => {}))
    const got = get('http://slow.test/', { clock, resolve }).catch(error => error)
    await vi.waitFor(() => expect(resolve).toHaveBeenCalled())
    await clock.advance(5_000)
    expect(await got).toMatchObject({ message: 'slow.test could not be connected to within 5 s' })
    expect(clock.pending()).toBe(0)
  })

  it('is given back when all is done, or nobody reads', async () => {
    const clock = createTestClock()
    expect(await get(origin, { clock })).toBe('hello')
    expect(clock.pending()).toBe(0)
    await fetchMedia(origin, options({ clock }))
    await clock.advance(120_000)
    expect(clock.pending()).toBe(0)
    await vi.waitFor(async () => {
      const count = await new Promise(resolve => server.getConnections((_, count) => resolve(count)))
      expect(count).toBe(0)
    })
  })
})

describe('an abort', () => {
  it('before, during the wait, and during the body, rejects with its reason', async () => {
    const reason = new Error('shutting down')
    await expect(get(origin, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(seen).toEqual([])

    handle = () => {}
    const waiting = new AbortController()
    const wait = get(origin, { signal: waiting.signal }).catch(error => error)
    await vi.waitFor(() => expect(seen).toHaveLength(1))
    waiting.abort(reason)
    expect(await wait).toBe(reason)

    handle = (_, response) => response.write('half')
    const reading = new AbortController()
    const { stream } = await fetchMedia(origin, options({ signal: reading.signal }))
    const body = stream[Symbol.asyncIterator]()
    expect(Buffer.from((await body.next()).value!).toString()).toBe('half')
    const next = body.next().catch(error => error)
    reading.abort(reason)
    expect(await next).toBe(reason)
  })

  it('is what a reader does who leaves early', async () => {
    let closed = false
    handle = (_, response) => {
      response.on('close', () => {
        closed = true
      })
      response.write('half')
    }
    const { stream } = await fetchMedia(origin, options())
    for await (const _ of stream) break
    await vi.waitFor(() => expect(closed).toBe(true))
  })
})
