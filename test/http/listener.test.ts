import { once } from 'node:events'
import { Agent, request as httpRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { GatewayError } from '../../src/base/errors.ts'
import { createTestHttp, deferred, isPending, post, view } from './fakes.ts'

const GLOBALS = [globalThis.Request, globalThis.Response]

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function start(over: Parameters<typeof createTestHttp>[0] = {}) {
  const made = createTestHttp(over)
  const { url, port } = await made.http.listen()
  closers.push(() => made.http.close())
  return { ...made, url, port }
}

/** Writes raw bytes and gives everything that comes back until the server ends the connection. */
async function raw(port: number, bytes: string | Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', chunk => chunks.push(chunk))
  socket.on('error', () => {})
  socket.write(bytes)
  await once(socket, 'close')
  return Buffer.concat(chunks).toString('latin1')
}

/** One request on an agent of Node; resolves with the answer and whether the connection stays. */
function ask(
  agent: Agent,
  port: number,
  path: string,
): Promise<{ status: number; connection: string | undefined }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ agent, port, host: '127.0.0.1', path }, response => {
      response.resume()
      response.on('end', () =>
        resolve({ status: response.statusCode!, connection: response.headers.connection }),
      )
    })
    request.on('error', reject)
    request.end()
  })
}

describe('listening', () => {
  it('tells the address that it listens on', async () => {
    const { url, port, logs } = await start()
    expect(port).toBeGreaterThan(0)
    expect(url).toBe(`http://127.0.0.1:${port}`)
    expect((await fetch(`${url}/health/live`)).status).toBe(200)
    expect(JSON.parse(logs[0]!)).toMatchObject({
      level: 'info',
      url,
      access: expect.stringContaining('no API_KEYS'),
    })
  })

  it('two servers run in one process, and neither touches the global Request', async () => {
    const [one, two] = [await start(), await start({ apiKeys: ['k'] })]
    expect((await fetch(`${one.url}/stats`)).status).toBe(200)
    expect((await fetch(`${two.url}/stats`)).status).toBe(401)
    expect([globalThis.Request, globalThis.Response]).toEqual(GLOBALS)
  })

  it('a port that is in use is refused in one clear line', async () => {
    const { port } = await start()
    const { http } = createTestHttp({ port })
    const error = await http.listen().then(
      () => null,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(GatewayError)
    expect(error).toMatchObject({
      code: 'BAD_CONFIG',
      message: expect.stringContaining(`PORT=${port} is taken`),
    })
    await http.close()
  })
})

describe('bodies on the wire', () => {
  const body = JSON.stringify({ user_id: 1, x: 'y'.repeat(5 * 1024 * 1024) })

  it('a body of 5 MB is refused with 413, and the service goes on', async () => {
    const { url, calls } = await start()
    for (let n = 0; n < 3; n++) {
      const response = await fetch(`${url}/start`, post(body))
      expect(response.status).toBe(413)
      expect(await response.json()).toMatchObject({ success: false, error: 'PAYLOAD_TOO_LARGE' })
    }
    expect(calls).toEqual([])
    expect((await fetch(`${url}/start`, post({ user_id: 1 }))).status).toBe(200)
  })

  it('a body of 5 MB in chunks without a length is refused with 413, too', async () => {
    const { url, calls } = await start()
    const stream = new Blob([body]).stream()
    const headers = { 'content-type': 'application/json' }
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', headers, body: stream, duplex: 'half' }
    const response = await fetch(`${url}/start`, init)
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ error: 'PAYLOAD_TOO_LARGE' })
    expect(calls).toEqual([])
  })

  it.each([
    'Content-Length: 5242880',
    'Transfer-Encoding: chunked',
  ])('after a refused body of 5 MB with %s the connection takes the next request', async framing => {
    const { port } = await start()
    const chunk = `10000\r\n${'y'.repeat(65_536)}\r\n`
    const sent = framing.startsWith('Content') ? 'y'.repeat(5_242_880) : `${chunk.repeat(80)}0\r\n\r\n`
    const answer = await raw(
      port,
      `POST /start HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${framing}\r\n\r\n${sent}` +
        'GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    )
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200'])
  })

  it('a body in many small chunks is read whole', async () => {
    const { url, calls } = await start()
    const bytes = new TextEncoder().encode('{"user_id":"ñandú 😀"}')
    const stream = new ReadableStream<Uint8Array>({
      async start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
        controller.close()
      },
    })
    const headers = { 'content-type': 'application/json' }
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', headers, body: stream, duplex: 'half' }
    expect((await fetch(`${url}/start`, init)).status).toBe(200)
    expect(calls[0]?.args).toEqual([{ userId: 'ñandú 😀' }])
  })

  it.each([
    ['POST', '/sessions/s1/restart', 200],
    ['POST', '/sessions/s1/logout', 200],
    ['DELETE', '/sessions/s1', 200],
    ['POST', '/start', 415],
  ])('%s %s without any body or length answers %i', async (method, path, status) => {
    const { port } = await start()
    const answer = await raw(
      port,
      `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    )
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  })

  it('HEAD is answered with headers alone', async () => {
    const { port } = await start()
    const answer = await raw(port, 'HEAD /stats HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(answer.toLowerCase()).toContain('content-type: application/json')
    expect(answer.endsWith('\r\n\r\n')).toBe(true)
  })
})

describe('requests that are barely HTTP', () => {
  it.each([
    ['no Host', 'GET /stats HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['an odd Host', 'GET /stats HTTP/1.1\r\nHost: a b/c?d\r\n\r\n', 400],
    ['a Host with a user', 'GET /stats HTTP/1.1\r\nHost: x@localhost\r\n\r\n', 400],
    ['another Host', 'GET /stats HTTP/1.1\r\nHost: evil.example\r\n\r\n', 403],
    [
      'another Host in the request line',
      'GET http://evil.example/stats HTTP/1.1\r\nHost: localhost\r\n\r\n',
      403,
    ],
    ['the same in the header', 'GET http://localhost/stats HTTP/1.1\r\nHost: evil.example\r\n\r\n', 403],
    ['a target that is no path', 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
    ['a backslash', 'GET /\\evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
    ['two slashes', 'GET //evil.example/stats HTTP/1.1\r\nHost: localhost\r\n\r\n', 404],
    ['dots', 'GET /health/../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n', 404],
    ['TRACE', 'TRACE /stats HTTP/1.1\r\nHost: localhost\r\n\r\n', 405],
    ['a method of WebDAV', 'MKCOL /sessions HTTP/1.1\r\nHost: localhost\r\n\r\n', 405],
    ['a method nobody knows', 'FROB /stats HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
    ['garbage', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n', 400],
    ['a header with a NUL', 'GET /stats HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n', 400],
    [
      'two lengths',
      'POST /start HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
      400,
    ],
    [
      'length and chunks',
      'POST /start HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a negative length', 'POST /start HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n', 400],
    [
      'a broken chunk',
      'POST /start HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      400,
    ],
    ['long headers', `GET /stats HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    [
      'an upgrade',
      'GET /stats HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n',
      200,
    ],
    ['an expectation', 'GET /stats HTTP/1.1\r\nHost: localhost\r\nExpect: 200-maybe\r\n\r\n', 200],
  ])('%s', async (_, bytes, status) => {
    const { port, url, calls, logs } = await start()
    const request = bytes.replace('\r\nHost', '\r\nConnection: close\r\nHost')
    const answer = await raw(port, Buffer.from(bytes.includes('Connection') ? bytes : request, 'latin1'))
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(answer.toLowerCase()).toMatch(/\r\nx-request-id: [0-9a-f-]{36}\r\n/)
    if (status !== 200) {
      const answered = JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1)) as object
      expect(answered).toMatchObject({
        success: false,
        error: expect.any(String),
        message: expect.any(String),
      })
    }
    expect(calls.filter(({ name }) => name !== 'stats')).toEqual([])
    expect(logs.filter(line => /"level":"(?:warn|error)"/.test(line))).toEqual([])
    expect((await fetch(`${url}/health/live`)).status).toBe(200)
  })
})

describe('callers that disconnect', () => {
  it('cause no warning and no console output, in mid-body, while waiting or while reading', async () => {
    const gate = deferred<void>()
    const begun = deferred<void>()
    const consoles = (['log', 'info', 'warn', 'error'] as const).map(name =>
      vi.spyOn(console, name).mockImplementation(() => {}),
    )
    const { port, url, logs } = await start({
      sessions: {
        async restart() {
          begun.resolve()
          await gate.promise
          return view()
        },
      },
    })
    const leave = async (bytes: string, when: Promise<unknown>) => {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write(bytes)
      await when
      socket.resetAndDestroy()
      await once(socket, 'close')
    }
    const head = (method: string, path: string, more = '') =>
      `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${more}\r\n`
    for (let n = 0; n < 10; n++) {
      await leave(`${head('POST', '/start', 'Content-Length: 1000\r\n')}{"user_id":`, sleep(10))
      await leave(`${head('POST', '/start', 'Transfer-Encoding: chunked\r\n')}5\r\n{"use`, sleep(10))
      await leave(head('GET', '/sessions'), Promise.resolve())
      await leave('GET /ses', sleep(5))
    }
    await leave(head('POST', '/sessions/s1/restart'), begun.promise)
    gate.resolve()
    expect((await fetch(`${url}/health/live`)).status).toBe(200)
    await vi.waitFor(() => expect(logs.filter(line => line.includes('/restart'))).toHaveLength(1))
    expect(logs.filter(line => /"level":"(?:warn|error)"/.test(line))).toEqual([])
    for (const spy of consoles) {
      expect(spy).not.toHaveBeenCalled()
      spy.mockRestore()
    }
  })
})

it('slow sends do not delay other requests', async () => {
  const gate = deferred<void>()
  const { url, calls } = await start({
    sessions: {
      async send(_, content) {
        await gate.promise
        return { messageId: 'M', status: 'sent', address: content.to }
      },
    },
  })
  const text = { session_id: 's1', wa_id: '5215512345678', type: 'text', body: 'hola' }
  const slow = Array.from({ length: 50 }, () => fetch(`${url}/send-message`, post(text)))
  const quick = await Promise.all(Array.from({ length: 20 }, () => fetch(`${url}/sessions/s1`)))
  expect(quick.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
  expect(calls).toHaveLength(20)
  expect(await isPending(Promise.race(slow))).toBe(true)
  gate.resolve()
  expect((await Promise.all(slow)).every(({ status }) => status === 200)).toBe(true)
})

describe('close', () => {
  async function refusesConnections(port: number): Promise<boolean> {
    const socket: Socket = connect(port, '127.0.0.1')
    return new Promise(resolve => {
      socket.on('error', () => resolve(true))
      socket.on('connect', () => {
        socket.destroy()
        resolve(false)
      })
    })
  }

  it('lets requests in flight finish, and takes no new connections', async () => {
    const gate = deferred<void>()
    const begun = deferred<void>()
    const { url, port, http } = await start({
      sessions: {
        async restart() {
          begun.resolve()
          await gate.promise
          return view()
        },
      },
    })
    const inFlight = fetch(`${url}/sessions/s1/restart`, { method: 'POST' })
    await begun.promise
    const closed = http.close()
    expect(http.close()).toStrictEqual(closed)
    await vi.waitFor(async () => expect(await refusesConnections(port)).toBe(true))
    expect(await isPending(closed)).toBe(true)
    gate.resolve()
    const response = await inFlight
    expect(response.status).toBe(200)
    expect(response.headers.get('connection')).toBe('close')
    expect(await response.json()).toMatchObject({ success: true })
    await closed
  })

  it('closes connections that are idle, kept alive, or never sent a request', async () => {
    const { port, http } = await start()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    expect(await ask(agent, port, '/health/live')).toEqual({ status: 200, connection: 'keep-alive' })
    const silent = connect(port, '127.0.0.1')
    const halfway = connect(port, '127.0.0.1')
    await Promise.all([once(silent, 'connect'), once(halfway, 'connect')])
    halfway.write('GET /stats HTT')
    await sleep(20)
    const ends = [once(silent, 'close'), once(halfway, 'close')]
    await http.close()
    silent.resume()
    halfway.resume()
    await Promise.all(ends)
    agent.destroy()
  })

  it('resolves at once when nothing listens, and may be called twice', async () => {
    const { http } = createTestHttp()
    await http.close()
    const listening = await start()
    await Promise.all([listening.http.close(), listening.http.close()])
    await expect(fetch(`${listening.url}/health/live`)).rejects.toThrow()
  })

  it('waits only for the grace period for a caller that never ends its body', async () => {
    const { port, http } = await start({ sendWaitMs: 0, closeGraceMs: 100 })
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(
      'POST /start HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    )
    await sleep(50)
    const gone = once(socket, 'close')
    await http.close()
    await gone
  })

  it('after refuse() connections that are already open get SHUTTING_DOWN', async () => {
    const { port, http } = await start()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    expect((await ask(agent, port, '/stats')).status).toBe(200)
    http.refuse()
    expect((await ask(agent, port, '/stats')).status).toBe(503)
    expect((await ask(agent, port, '/health/live')).status).toBe(200)
    expect((await ask(agent, port, '/health/ready')).status).toBe(503)
    agent.destroy()
  })
})
