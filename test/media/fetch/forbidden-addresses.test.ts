import { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { checkUrl } from '../../../src/media/fetch/check-url.ts'
import { fetchMedia } from '../../../src/media/fetch/fetch-media.ts'
import { createFileServer, type FileServer, get, options, resolver } from '../file-server.ts'

let files: FileServer

beforeEach(async () => {
  files = await createFileServer()
})

afterEach(() => files.close())

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
  ])('does not include %s', url => {
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
  it.each(LOOPBACK)('is http://%s without MEDIA_ALLOW_PRIVATE', async host => {
    const error = await fetchMedia(`http://${host}:${files.port}/`, options({ allowPrivate: false })).catch(
      e => e,
    )
    expect(error).toMatchObject({ code: 'MEDIA_URL_FORBIDDEN' })
    expect(error.message).toMatch(/MEDIA_ALLOW_PRIVATE=true allows it/)
    expect(files.seen).toEqual([])
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
  it.each(NEVER)('is http://%s even with MEDIA_ALLOW_PRIVATE', async host => {
    const error = await fetchMedia(`http://${host}:${files.port}/`, options()).catch(error => error)
    expect(error).toMatchObject({ code: 'MEDIA_URL_FORBIDDEN' })
    expect(error.message).not.toMatch(/MEDIA_ALLOW_PRIVATE/)
    expect(files.seen).toEqual([])
  })

  it('is localhost, as the system resolves it', async () => {
    await expect(get(`http://localhost:${files.port}/`, { allowPrivate: false })).rejects.toMatchObject({
      code: 'MEDIA_URL_FORBIDDEN',
    })
    expect(await get(`http://localhost:${files.port}/`)).toBe('hello')
  })
})

describe('a host name', () => {
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
      `http://cdn.test:${files.port}/`,
      options({ resolve: resolver(addresses), allowPrivate }),
    )
    await expect(get).rejects.toMatchObject({
      code: 'MEDIA_URL_FORBIDDEN',
      message: expect.stringMatching(/^mediaUrl leads to cdn\.test/),
    })
    expect(files.seen).toEqual([])
  })

  it('is resolved once per connection, and the checked address is the one connected to', async () => {
    const resolve = resolver(['93.184.216.34'], ['127.0.0.1'])
    const deadlines = { connectMs: 200, firstByteMs: 200, wholeMs: 1_000 }
    await expect(
      get(`http://rebind.test:${files.port}/`, { resolve, deadlines, allowPrivate: false }),
    ).rejects.toMatchObject({ code: 'MEDIA_UNREACHABLE' })
    expect(resolve).toHaveBeenCalledTimes(1)
    expect(files.seen).toEqual([])
  })

  it('that resolves differently at its second look-up is checked again', async () => {
    files.handle = (_, response) => response.writeHead(302, { Location: '/again' }).end()
    const resolve = resolver(['127.0.0.1'], ['169.254.169.254'])
    await expect(get(`http://rebind.test:${files.port}/`, { resolve })).rejects.toMatchObject({
      code: 'MEDIA_URL_FORBIDDEN',
    })
    expect(resolve).toHaveBeenCalledTimes(2)
    expect(files.seen).toHaveLength(1)
  })

  it('is not enough if the socket is connected to a forbidden address', async () => {
    // Where `remoteAddress` comes from, which itself cannot be replaced.
    const inside = Socket.prototype as unknown as { _getpeername(): { address: string } }
    const peer = vi.spyOn(inside, '_getpeername').mockReturnValue({ address: '169.254.169.254' })
    try {
      await expect(
        get(`http://cdn.test:${files.port}/`, { resolve: resolver(['127.0.0.1']) }),
      ).rejects.toMatchObject({ code: 'MEDIA_URL_FORBIDDEN' })
    } finally {
      peer.mockRestore()
    }
    expect(files.seen).toEqual([])
  })

  it('that does not exist is MEDIA_UNREACHABLE', async () => {
    const resolve = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }))
    await expect(get('https://nowhere.test/a?sig=secret', { resolve })).rejects.toMatchObject({
      code: 'MEDIA_UNREACHABLE',
      message: 'nowhere.test does not exist (ENOTFOUND)',
    })
  })
})
