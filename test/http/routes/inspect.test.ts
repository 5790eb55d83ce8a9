import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { GatewayError } from '../../../src/base/errors.ts'
import type { Viewing } from '../../../src/ports/inspection.ts'
import { createTestHttp, refused } from '../fakes.ts'

/** Viewers that say what the test says. */
function stage() {
  const opened: {
    sessionIds: readonly string[] | null
    say(text: string | null): void
    gone: AbortController
  }[] = []
  const ends: number[] = []
  return {
    opened,
    ends,
    inspector: {
      async open(sessionIds: readonly string[] | null): Promise<Viewing> {
        const gone = new AbortController()
        const { readable, writable } = new TransformStream<string | null, string | null>(
          {},
          { highWaterMark: 99 },
        )
        const writer = writable.getWriter()
        const number = opened.length
        gone.signal.addEventListener('abort', () => void writer.close().catch(() => {}))
        opened.push({ sessionIds, gone, say: text => void writer.write(text).catch(() => {}) })
        const end = () => {
          ends.push(number)
          gone.abort('closed')
        }
        return { messages: readable, gone: gone.signal, end }
      },
      stop: () => {
        for (const { gone } of opened) gone.abort('shutting down')
      },
    },
  }
}

const keys = { apiKeys: ['writes'], readKeys: ['reads'] }
let close = async () => {}
afterEach(() => close())

async function listen(over: Parameters<typeof createTestHttp>[0] = {}) {
  const { http } = createTestHttp({ ...keys, ...over })
  const { port } = await http.listen()
  close = () => http.close()
  return { http, port }
}
/** What becomes of a WebSocket: `open`, or the status that it is refused with. */
function dial(address: string, options: object = {}) {
  const socket = new WebSocket(address, options)
  const told: string[] = []
  socket.on('message', text => told.push(String(text)))
  socket.on('error', () => {})
  const outcome = new Promise<'open' | number>(resolve => {
    socket.on('open', () => resolve('open'))
    socket.on('unexpected-response', (_, response) => {
      resolve(response.statusCode!)
      socket.terminate()
    })
  })
  const closed = new Promise<[number, string]>(resolve => {
    socket.on('close', (code, reason) => resolve([code, String(reason)]))
  })
  return { socket, told, outcome, closed }
}

describe('GET /inspect by server-sent events', () => {
  const read = async (response: Response) => {
    const came = { text: '' }
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    void (async () => {
      for (let part = await reader.read(); !part.done; part = await reader.read()) came.text += part.value
      came.text += '[end]'
    })()
    return Object.assign(came, { cut: () => reader.cancel() })
  }

  it('tells message for message, with comments while nothing happens, and ends when the viewer is let go', async () => {
    const { inspector, opened } = stage()
    const came = await read(await createTestHttp({ inspector }).app.request('/inspect'))
    opened[0]!.say('{"a":1}')
    opened[0]!.say(null)
    await vi.waitFor(() => expect(came.text).toBe('retry: 2000\n\ndata: {"a":1}\n\n:\n\n'))
    inspector.stop()
    await vi.waitFor(() => expect(came.text).toMatch(/\[end\]$/))
    expect(opened[0]!.sessionIds).toBe(null)
  })

  it('lets the viewer go that hangs up', async () => {
    const { inspector, ends } = stage()
    const came = await read(await createTestHttp({ inspector }).app.request('/inspect?session_id=s1'))
    await vi.waitFor(() => expect(came.text).not.toBe(''))
    await came.cut()
    await vi.waitFor(() => expect(ends).toContain(0))
  })

  it('is told of the sessions that it names, and of none that is not there', async () => {
    const { inspector, opened } = stage()
    const { app } = createTestHttp({ inspector })
    await app.request('/inspect?session_id=s1,s1')
    expect(opened.map(({ sessionIds }) => sessionIds)).toEqual([['s1', 's1']])
    expect(await refused(await app.request('/inspect?session_id=s1,s2'))).toMatchObject({
      error: 'SESSION_NOT_FOUND',
    })
    for (const query of ['s1,', '../x', Array(51).fill('s1').join()])
      expect(await refused(await app.request(`/inspect?session_id=${query}`))).toMatchObject({ status: 422 })
    expect(opened).toHaveLength(1)
    expect((await app.request('/inspect', { method: 'HEAD' })).status).toBe(200)
    expect(opened).toHaveLength(1)
  })

  it('is refused when too many look on', async () => {
    expect(await refused(await createTestHttp().app.request('/inspect'))).toMatchObject({ status: 429 })
  })
})

describe('GET /inspect as a WebSocket', () => {
  it.each([
    ['a key in a header', 'ws://127.0.0.1', { headers: { authorization: 'Bearer writes' } }, 'open'],
    ['a key for reading', 'ws://127.0.0.1', { headers: { 'x-api-key': 'reads' } }, 'open'],
    ['a key as the password of its address', 'ws://:reads@127.0.0.1', {}, 'open'],
    ['a key as the user of its address', 'ws://writes@127.0.0.1', {}, 'open'],
    ['no key', 'ws://127.0.0.1', {}, 401],
    ['a wrong key', 'ws://:nope@127.0.0.1', {}, 401],
    ['a key in pieces', 'ws://wri:tes@127.0.0.1', {}, 401],
  ] as const)('with %s', async (_, base, options, expected) => {
    const { inspector, opened } = stage()
    const { port } = await listen({ inspector })
    const { outcome, socket } = dial(`${base}:${port}/inspect`, options)
    expect(await outcome).toBe(expected)
    if (expected === 'open') await vi.waitFor(() => expect(opened).toHaveLength(1))
    else expect(opened).toHaveLength(0)
    socket.terminate()
  })

  it('is refused as every other request is: in JSON, with the code and the id of the request', async () => {
    const { inspector } = stage()
    const { port } = await listen({ inspector })
    const refusalOf = (path: string, headers: Record<string, string> = {}) =>
      new Promise<{ status?: number; headers: Record<string, unknown>; body: unknown }>(resolve => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers })
        socket.on('error', () => {})
        socket.on('unexpected-response', async (_, response) => {
          let text = ''
          for await (const part of response) text += part
          resolve({ status: response.statusCode!, headers: response.headers, body: JSON.parse(text) })
          socket.terminate()
        })
      })
    const stranger = await refusalOf('/inspect')
    expect(stranger).toMatchObject({
      status: 401,
      headers: {
        'content-type': expect.stringMatching(/^application\/json/),
        'www-authenticate': 'Bearer',
        'x-request-id': expect.stringMatching(/\S/),
        connection: 'close',
      },
      body: { success: false, error: 'UNAUTHENTICATED', message: expect.stringMatching(/\.$/) },
    })
    const plain = await fetch(`http://127.0.0.1:${port}/inspect`)
    expect(stranger.body).toEqual(await plain.json())
    const key = { 'x-api-key': 'reads' }
    expect(await refusalOf('/inspect?session_id=s1,s2', key)).toMatchObject({
      status: 404,
      body: { success: false, error: 'SESSION_NOT_FOUND' },
    })
    expect(await refusalOf('/inspect', { ...key, origin: 'https://evil.example' })).toMatchObject({
      status: 403,
      body: { success: false, error: 'ORIGIN_FORBIDDEN' },
    })
    expect(await refusalOf('/inspect?session_id=../x', key)).toMatchObject({
      status: 422,
      body: { error: 'VALIDATION_FAILED', errors: { session_id: [expect.any(String)] } },
    })
  })

  it('a key in the query is never read, and Basic opens nothing else', async () => {
    const { inspector } = stage()
    const { port } = await listen({ inspector })
    for (const name of ['key', 'api_key', 'token'])
      expect(await dial(`ws://127.0.0.1:${port}/inspect?${name}=writes`).outcome).toBe(401)
    const authorization = `Basic ${Buffer.from(':writes').toString('base64')}`
    for (const path of ['/inspect', '/stats', '/metrics'])
      expect((await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization } })).status).toBe(
        401,
      )
  })

  it.each([
    ['https://evil.example', 403],
    ['null', 403],
    ['file://', 403],
    ['http://127.0.0.1:1', 403],
    ['http://127.0.0.1.evil.example', 403],
    ['HOST', 'open'],
    ['https://wa.test', 'open'],
  ])('of a page of %s is answered with %s, whatever its key', async (origin, expected) => {
    const { inspector } = stage()
    const { port } = await listen({ inspector, base: () => 'https://wa.test' })
    const options = {
      origin: origin.replace('HOST', `http://127.0.0.1:${port}`),
      headers: { 'x-api-key': 'writes' },
    }
    const { outcome, socket } = dial(`ws://127.0.0.1:${port}/inspect`, options)
    expect(await outcome).toBe(expected)
    socket.terminate()
  })

  it('with the cookie of a login is for our own page, and for as long as the login goes on', async () => {
    const { inspector, opened } = stage()
    const dashboard = async () => {
      throw new Error('nobody opens it')
    }
    const { port } = await listen({ inspector, dashboard })
    const origin = `http://127.0.0.1:${port}`
    const login = async () => {
      const response = await fetch(`${origin}/login`, {
        method: 'POST',
        headers: { origin, 'content-type': 'application/x-www-form-urlencoded' },
        body: 'key=reads',
        redirect: 'manual',
      })
      return response.headers.get('set-cookie')!.split(';')[0]!
    }
    const cookie = await login()
    const address = `ws://127.0.0.1:${port}/inspect`
    expect(await dial(address, { origin: 'https://evil.example', headers: { cookie } }).outcome).toBe(403)
    const { outcome, closed } = dial(address, { origin, headers: { cookie } })
    expect(await outcome).toBe('open')
    await vi.waitFor(() => expect(opened).toHaveLength(1))
    await fetch(`${origin}/login`, { method: 'DELETE', headers: { origin, cookie } })
    opened[0]!.say(null)
    expect((await closed)[0]).toBe(1001)
    expect(await dial(address, { origin, headers: { cookie } }).outcome).toBe(401)
  })

  it('without API_KEYS is for this machine, and for no page of another port', async () => {
    const { inspector } = stage()
    const { port } = await listen({ inspector, apiKeys: [], readKeys: [] })
    const address = `ws://127.0.0.1:${port}/inspect`
    const { outcome, socket } = dial(address)
    expect(await outcome).toBe('open')
    socket.terminate()
    expect(await dial(address, { headers: { host: 'evil.example' } }).outcome).toBe(403)
    expect(await dial(address, { origin: 'http://localhost:8000' }).outcome).toBe(403)
  })

  it('is told message for message, and hears why it ends', async () => {
    const { inspector, opened } = stage()
    const { http, port } = await listen({ inspector })
    const { outcome, told, closed } = dial(`ws://:reads@127.0.0.1:${port}/inspect?session_id=s1`)
    expect(await outcome).toBe('open')
    await vi.waitFor(() => expect(opened).toHaveLength(1))
    for (let i = 0; i < 50; i++) opened[0]!.say(`{"i":${i}}`)
    await vi.waitFor(() => expect(told).toHaveLength(50))
    expect(told.map(text => JSON.parse(text).i)).toEqual(Array.from({ length: 50 }, (_, i) => i))
    http.refuse()
    expect(await closed).toEqual([1001, 'shutting down'])
    await http.close()
  })

  it('is refused before it opens, and told to come later when too many look on', async () => {
    const { port } = await listen()
    expect(await dial(`ws://:reads@127.0.0.1:${port}/inspect?session_id=s2`).outcome).toBe(404)
    expect(await dial(`ws://:reads@127.0.0.1:${port}/inspect?session_id=,`).outcome).toBe(422)
    expect(await dial(`ws://:reads@127.0.0.1:${port}/inspect`).closed).toEqual([1013, 'too many look on'])
  })

  it('is let go when it hangs up, and ended when it gives no sign of life', async () => {
    const { inspector, opened, ends } = stage()
    const { port } = await listen({ inspector })
    const alive = dial(`ws://:reads@127.0.0.1:${port}/inspect`)
    const dead = dial(`ws://:reads@127.0.0.1:${port}/inspect`, { autoPong: false })
    await Promise.all([alive.outcome, dead.outcome])
    await vi.waitFor(() => expect(opened).toHaveLength(2))
    const pinged = [alive, dead].map(({ socket }) => once(socket, 'ping'))
    for (const { say } of opened) say(null)
    await Promise.all(pinged)
    alive.socket.ping()
    await once(alive.socket, 'pong')
    for (const { say } of opened) say(null)
    expect(await dead.closed).toEqual([1006, ''])
    expect(alive.socket.readyState).toBe(WebSocket.OPEN)
    alive.socket.close()
    await vi.waitFor(() => expect(ends.length).toBeGreaterThanOrEqual(2))
  })

  it('is cut off at once when it is too slow, and when it says too much', async () => {
    const { inspector, opened } = stage()
    const { port } = await listen({ inspector })
    const slow = dial(`ws://:reads@127.0.0.1:${port}/inspect`)
    await slow.outcome
    await vi.waitFor(() => expect(opened).toHaveLength(1))
    opened[0]!.gone.abort('too slow')
    expect((await slow.closed)[0]).toBe(1006)
    const loud = dial(`ws://:reads@127.0.0.1:${port}/inspect`)
    await loud.outcome
    loud.socket.send('x')
    loud.socket.send('x'.repeat(20_000))
    expect((await loud.closed)[0]).toBe(1009)
  })

  it('holds up no end of the process, even if the other side reads nothing', async () => {
    const { inspector, opened } = stage()
    const { http, port } = await listen({ inspector, closeGraceMs: 50 })
    const { outcome, socket } = dial(`ws://:reads@127.0.0.1:${port}/inspect`)
    await outcome
    await vi.waitFor(() => expect(opened).toHaveLength(1))
    socket.pause()
    for (let i = 0; i < 30; i++) opened[0]!.say('x'.repeat(1_000_000))
    http.refuse()
    await http.close()
    socket.terminate()
  })

  it('of another path, or of another protocol, is an ordinary request', async () => {
    const { inspector } = stage()
    const { port } = await listen({ inspector })
    expect(await dial(`ws://:reads@127.0.0.1:${port}/stats`).outcome).toBe(200)
    expect(await dial(`ws://:reads@127.0.0.1:${port}/nothing`).outcome).toBe(404)
    const socket = connect(port, '127.0.0.1')
    socket.write(
      'GET /stats HTTP/1.1\r\nHost: a\r\nX-Api-Key: reads\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n',
    )
    let text = ''
    for await (const part of socket) text += part
    expect(text).toMatch(/^HTTP\/1\.1 200 OK/)
  })

  it('throws nothing when opening fails', async () => {
    const open = async () => {
      throw new GatewayError('INTERNAL', 'x')
    }
    const { port } = await listen({ inspector: { open, stop: () => {} } })
    expect((await dial(`ws://:reads@127.0.0.1:${port}/inspect`).closed)[0]).toBe(1011)
  })
})
