import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { GatewayError } from '../../../src/base/errors.ts'
import { openMediaStore } from '../../../src/media/media-store.ts'
import { createMediaServer } from '../../../src/media/serve/media-server.ts'
import { createMediaTable } from '../../media/media-table.ts'
import { createTestHttp } from '../fakes.ts'

const DAY = 86_400_000
const KEY = 'the-key'
const dataDir = mkdtempSync(join(tmpdir(), 'media-http-'))
const big = randomBytes(3_000_000)
const idOf = (data: Uint8Array) => createHash('sha256').update(data).digest('hex')

let now = Date.UTC(2026, 0, 1)
const clock = { now: () => now, setTimeout: () => 0, clearTimeout: () => {} }
const store = openMediaStore({ dataDir, clock, table: createMediaTable() })
let away = false
const types: Record<string, { mimetype: string; filename: string | null }> = {}
const server = createMediaServer({
  files: store,
  async describe(id) {
    if (away) throw new GatewayError('STORE_FAILED', 'The store is away.', { retryable: true })
    return types[id] ?? null
  },
  key: Buffer.alloc(32, 5),
  base: () => 'http://wm.test',
  wall: () => now,
  thumbnails: { isMadeOf: async () => false, read: async () => null },
})
const withKey = { headers: { authorization: `Bearer ${KEY}` } }
const pathOf = (id: string) => server.linkTo(id).slice('http://wm.test'.length)

async function keep(data: Uint8Array, mimetype: string, filename: string | null = null) {
  const { id } = await store.put(
    (async function* () {
      yield data
    })(),
    { maxBytes: 10_000_000 },
  )
  types[id] = { mimetype, filename }
  return id
}

/** Files of the media store that this process holds open. */
const open = () =>
  readdirSync('/proc/self/fd').filter(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(join(dataDir, 'media'))
    } catch {
      return false
    }
  })

describe('GET /media/{id}', () => {
  const { app, http, logs } = createTestHttp({ apiKeys: [KEY], mediaServer: server })
  const local = createTestHttp({ mediaServer: server })
  let url = ''
  beforeAll(async () => {
    url = (await http.listen()).url
  })
  afterAll(async () => {
    await http.close()
    rmSync(dataDir, { recursive: true, force: true })
  })

  it('needs a key or a signed link', async () => {
    const id = await keep(Buffer.from('secret'), 'text/plain')
    expect((await app.request(`/media/${id}`)).status).toBe(401)
    expect(await (await app.request(`/media/${id}`, withKey)).text()).toBe('secret')
    expect(await (await app.request(pathOf(id))).text()).toBe('secret')
  })

  it('a link works for 24 h, then the answer says that it has expired; a key still works', async () => {
    const id = await keep(Buffer.from('for a day'), 'text/plain')
    const path = pathOf(id)
    now += DAY - 1000
    expect((await app.request(path)).status).toBe(200)
    now += 1000
    const late = await app.request(path)
    expect([late.status, await late.json()]).toEqual([
      401,
      { success: false, error: 'UNAUTHENTICATED', message: expect.stringMatching(/expired/) },
    ])
    expect((await app.request(path, withKey)).status).toBe(200)
    expect((await app.request(pathOf(id))).status).toBe(200)
  })

  it('a changed link gives no access to anything', async () => {
    const id = await keep(Buffer.from('one'), 'text/plain')
    const other = await keep(Buffer.from('two'), 'text/plain')
    const query = pathOf(id).slice(pathOf(id).indexOf('?'))
    const bent = [
      `/media/${other}${query}`,
      `/media/${id}/..%2f${other}${query}`,
      `/media/${id}/${query}`,
      `/media/${id.toUpperCase()}${query}`,
      `/media/${query}`,
      `/sessions${query}`,
      `/stats${query}`,
      `/media/${id}?signature=`,
      `/media/${id}?signature=${'A'.repeat(43)}&expires=99999999999`,
      pathOf(id).replace('expires=', 'expires=1'),
      `${pathOf(id)}=`,
    ]
    for (const path of bent) expect([path, (await app.request(path)).status]).toEqual([path, 401])
    for (const method of ['POST', 'DELETE', 'PUT'])
      expect((await app.request(pathOf(id), { method })).status).not.toBe(200)
  })

  it('a valid link works without API_KEYS and with a foreign Host', async () => {
    const id = await keep(Buffer.from('through a proxy'), 'text/plain')
    const foreign = { headers: { host: 'wm.example' } }
    const at = (path: string) => local.app.request(`http://wm.example${path}`, foreign)
    expect((await at(pathOf(id))).status).toBe(200)
    expect((await at(`/media/${id}`)).status).toBe(403)
    expect((await at('/sessions')).status).toBe(403)
    expect((await local.app.request(`/media/${id}`)).status).toBe(200)
  })

  it.each([
    'text/html',
    'image/svg+xml',
    'application/xhtml+xml',
    'text/xml',
    'application/javascript',
  ])('a received %s is served as a download that cannot run in a browser', async mimetype => {
    const id = await keep(Buffer.from(`<script>${mimetype}</script>`), mimetype, 'x".html\r\nSet-Cookie: a=1')
    const { headers } = await app.request(pathOf(id))
    expect(headers.get('content-type')).toBe(mimetype)
    expect(headers.get('content-disposition')).toMatch(/^attachment/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toBe("sandbox; default-src 'none'")
    expect(headers.get('set-cookie')).toBeNull()
    expect(headers.get('cache-control')).toBe('private')
  })

  it('answers 404 until the file is there, and once it is gone', async () => {
    const data = Buffer.from('not yet')
    const id = idOf(data)
    for (const path of [pathOf(id), `/media/${'0'.repeat(64)}`, '/media/s1', '/media/..%2f..%2fstore.sqlite'])
      expect((await app.request(path, withKey)).status).toBe(404)
    await keep(data, 'text/plain')
    expect((await app.request(pathOf(id))).status).toBe(200)
    await store.remove(id)
    expect((await app.request(pathOf(id))).status).toBe(404)
  })

  it('answers ranges, entity tags and lengths over the wire', async () => {
    const id = await keep(big, 'video/mp4', 'film.mp4')
    const get = (headers: Record<string, string>, method = 'GET') =>
      fetch(`${url}${pathOf(id)}`, { method, headers })
    const whole = await get({})
    expect(whole.headers.get('content-length')).toBe(String(big.length))
    expect(whole.headers.get('content-type')).toBe('video/mp4')
    expect(whole.headers.get('x-content-type-options')).toBe('nosniff')
    expect(whole.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(whole.headers.has('x-hono-already-sent')).toBe(false)
    expect(Buffer.from(await whole.arrayBuffer()).equals(big)).toBe(true)
    const part = await get({ range: 'bytes=1000000-1999999' })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 1000000-1999999/3000000'])
    expect(Buffer.from(await part.arrayBuffer()).equals(big.subarray(1_000_000, 2_000_000))).toBe(true)
    expect((await get({ range: 'bytes=3000000-' })).status).toBe(416)
    expect((await get({ 'if-none-match': `"${id}"` })).status).toBe(304)
    const head = await get({ range: 'bytes=0-9' }, 'HEAD')
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([206, '10', ''])
    await vi.waitFor(() => expect(open()).toEqual([]))
  })

  it('leaves no file open when the caller disconnects or asks for the headers only', async () => {
    const id = await keep(big, 'video/mp4')
    for (let n = 0; n < 5; n++)
      await new Promise<void>((resolve, reject) => {
        const asked = httpRequest(`${url}${pathOf(id)}`, response => {
          response.once('data', () => {
            asked.destroy()
            resolve()
          })
        })
        asked.on('error', error => (asked.destroyed ? resolve() : reject(error)))
        asked.end()
      })
    for (let n = 0; n < 5; n++) await fetch(`${url}${pathOf(id)}`, { method: 'HEAD' })
    await vi.waitFor(() => expect(open()).toEqual([]), { timeout: 5_000 })
  })

  it('leaves no file open when the store cannot say what it is', async () => {
    const id = await keep(big, 'video/mp4')
    away = true
    const { status } = await fetch(`${url}${pathOf(id)}`)
    away = false
    expect(status).toBe(503)
    await vi.waitFor(() => expect(open()).toEqual([]), { timeout: 5_000 })
  })

  it('an empty file is served, too', async () => {
    const id = await keep(Buffer.alloc(0), 'text/plain')
    const answer = await fetch(`${url}${pathOf(id)}`)
    expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([200, '0', ''])
  })

  it('the log line of a request has the status that went out', () => {
    expect(logs.filter(line => line.includes('"answered"') && line.includes('206'))).not.toEqual([])
  })

  it('no log line holds a link', () => {
    expect(logs.length).toBeGreaterThan(10)
    expect(logs.join('')).not.toMatch(/signature=|expires=/)
  })
})
