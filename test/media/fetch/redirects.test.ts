import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest'
import { makeTlsIdentity } from '../../../simulator/media/tls-certificate.ts'
import { createClock } from '../../../src/base/clock.ts'

/** One spelling of this machine stands for a host on the internet, all others are what they are. */
const OUTSIDE = '::ffff:7f00:1'

vi.mock(import('../../../src/media/fetch/addresses.ts'), async original => {
  const { reachOf } = await original()
  return {
    reachOf: (text: string) =>
      text === OUTSIDE || text === '::ffff:127.0.0.1' ? ('public' as const) : reachOf(text),
  }
})

// Loaded anew, and again after it: other files share this process and want it as it is.
vi.resetModules()
afterAll(() => void vi.resetModules())
const { fetchMedia } = await import('../../../src/media/fetch/fetch-media.ts')

let server: Server
let port: number
let seen: string[]
let location: (port: number) => string

beforeEach(async () => {
  seen = []
  server = createServer((request, response) => {
    seen.push(request.url!)
    if (request.url === '/secret') response.end('a secret of this machine')
    else response.writeHead(302, { Location: location(port) }).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
})

function get(allowPrivate: boolean, url = `http://[${OUTSIDE}]:${port}/photo.jpg`) {
  return fetchMedia(url, {
    signal: new AbortController().signal,
    maxBytes: 1_000,
    allowPrivate,
    clock: createClock(),
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
  })
}

it.each([
  ['http://127.0.0.1:PORT/secret'],
  ['http://0x7f.1:PORT/secret'],
  ['//localhost:PORT/secret'],
  ['http://cdn.test:PORT/secret'],
])('a redirect from the internet to %s is refused', async to => {
  location = port => to.replace('PORT', String(port))
  await expect(get(false)).rejects.toMatchObject({ code: 'MEDIA_URL_FORBIDDEN' })
  expect(seen).toEqual(['/photo.jpg'])
})

it('a redirect to a private address is followed with MEDIA_ALLOW_PRIVATE, and one to the same host always', async () => {
  location = port => `http://127.0.0.1:${port}/secret`
  const { stream } = await get(true)
  expect((await buffer(stream)).toString()).toBe('a secret of this machine')
  location = () => '/secret'
  expect((await buffer((await get(false)).stream)).toString()).toMatch(/secret/)
  expect(seen).toEqual(['/photo.jpg', '/secret', '/photo.jpg', '/secret'])
})

it('a redirect from https to http is refused, and so is a self-signed certificate', async () => {
  const { key, cert } = makeTlsIdentity(['127.0.0.1'])
  const tls = createTlsServer({ key, cert }, (_, response) => {
    response.writeHead(302, { Location: `http://127.0.0.1:${port}/secret` }).end()
  })
  await new Promise<void>(resolve => tls.listen(0, '127.0.0.1', resolve))
  const url = `https://127.0.0.1:${(tls.address() as AddressInfo).port}/`
  await expect(get(true, url)).rejects.toMatchObject({
    code: 'MEDIA_UNREACHABLE',
    message: expect.stringMatching(/^127\.0\.0\.1 has no certificate that can be trusted \(/),
    retryable: false,
  })
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  try {
    await expect(get(true, url)).rejects.toMatchObject({
      code: 'MEDIA_URL_FORBIDDEN',
      message: 'mediaUrl is redirected from https to http by 127.0.0.1',
    })
  } finally {
    vi.unstubAllEnvs()
    tls.closeAllConnections()
    await new Promise(resolve => tls.close(resolve))
  }
  expect(seen).toEqual([])
})
