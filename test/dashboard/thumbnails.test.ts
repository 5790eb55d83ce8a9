import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { createClock } from '../../src/base/clock.ts'
import { serveMedia } from '../../src/media/create-media-server.ts'
import { openMediaStore } from '../../src/media/media-store.ts'
import { hasFfmpeg } from '../media/convert/voice.ts'
import { createMediaTable } from '../media/media-table.ts'
import { createTestPages, logIn } from './pages.ts'

const DAY = 86_400_000
const dataDir = mkdtempSync(join(tmpdir(), 'thumbnails-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

let now = Date.UTC(2026, 0, 1, 12)
const store = openMediaStore({ dataDir, clock: createClock(), table: createMediaTable() })
const media = serveMedia({
  ...{ files: store, clock: createClock(), key: Buffer.alloc(32, 5) },
  describe: async () => null,
  base: () => 'http://wm.test',
  wall: () => now,
})
const { app, logs } = createTestPages(
  { files: media },
  { apiKeys: ['writes'], readKeys: ['reads'], mediaServer: media },
)

async function keep(bytes: Uint8Array | string): Promise<string> {
  const { id } = await store.put(
    (async function* () {
      yield Buffer.from(bytes)
    })(),
    { maxBytes: 10_000_000 },
  )
  return id
}

const picture = (color: string, side = 900) =>
  sharp({ create: { width: side, height: side / 2, channels: 3, background: color } })
    .withExif({ IFD0: { Copyright: 'Ana, at home' } })
    .jpeg()
    .toBuffer()
const red = await keep(await picture('#c00000'))
const blue = await keep(await picture('#0000c0'))
const pathTo = async (id: string) =>
  `/dashboard/thumbnails/${id}?${await media.thumbnailQuery(id, 'image/jpeg')}`
const statusOf = async (path: string, init?: RequestInit) => (await app.request(path, init)).status

describe('the thumbnail of a picture on the page', () => {
  it('is opened by its link alone: small, drawn here, and asked for once', async () => {
    const answer = await app.request(await pathTo(red))
    expect(answer.status).toBe(200)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'image/webp',
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, max-age=86400, immutable',
      'cross-origin-resource-policy': 'same-origin',
    })
    const bytes = new Uint8Array(await answer.arrayBuffer())
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'webp', width: 512, height: 256 })
    expect(Buffer.from(bytes).includes('at home')).toBe(false)
    expect(bytes.length).toBeLessThan(10_000)
    const again = { headers: { 'if-none-match': answer.headers.get('etag')! } }
    expect(await statusOf(await pathTo(red), again)).toBe(304)
  })

  it('has one address all day', async () => {
    const first = await pathTo(red)
    now += 11 * 3_600_000
    expect(await pathTo(red)).toBe(first)
    now += 2 * 3_600_000
    expect(await pathTo(red)).not.toBe(first)
    expect(await statusOf(first)).toBe(200)
  })

  it('is not shown by a link that has expired, was bent, or is to something else', async () => {
    const path = await pathTo(red)
    const query = path.slice(path.indexOf('?'))
    const file = media.linkTo(red).slice('http://wm.test'.length)
    for (const bent of [
      path.slice(0, path.indexOf('?')),
      path.replace(red, blue),
      path.replace('expires=', 'expires=1'),
      `${path}A`,
      path.replace(red, red.toUpperCase()),
      path.replace('/dashboard/thumbnails/', '/media/'),
      file.replace('/media/', '/dashboard/thumbnails/'),
      `/dashboard/thumbnails/${red}/..%2f${blue}${query}`,
      `/dashboard/sessions/s1${query}`,
      `/dashboard/sessions${query}`,
      `/sessions${query}`,
    ])
      expect([bent, await statusOf(bent)]).toEqual([bent, 401])
    expect(await statusOf(path, { method: 'POST' })).not.toBe(200)
    now += 2 * DAY
    expect(await statusOf(path)).toBe(401)
    // The page was left open: its login still opens what it shows.
    const reader = await logIn(app, 'reads')
    expect(await statusOf(path, { headers: reader })).toBe(200)
    expect(await statusOf(path.replace(red, blue), { headers: reader })).toBe(200)
  })

  it.each<[string, () => Uint8Array | string | Promise<Uint8Array>]>([
    ['a page named .jpg', () => '<html><script>window.hit = 1</script></html>'],
    [
      'a drawing that would fetch',
      () => '<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:1/x"/></svg>',
    ],
    ['half a picture', async () => (await picture('#00c000')).subarray(0, 300)],
    ['a document', () => '%PDF-1.4 …'],
    ['a playlist', () => '#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/a.ts\n'],
    ['nothing', () => ''],
  ])('is none of %s, whatever its sender calls it', async (_, bytes) => {
    const answer = await app.request(await pathTo(await keep(await bytes())))
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.json()).toMatchObject({ error: 'NOT_FOUND' })
  })

  it('is gone with its file, although it is remembered', async () => {
    const green = await keep(await picture('#00c000'))
    const path = await pathTo(green)
    expect(await statusOf(path)).toBe(200)
    await store.remove(green)
    expect(await statusOf(path)).toBe(404)
    const missing = createHash('sha256').update('nothing').digest('hex')
    expect(await statusOf(await pathTo(missing))).toBe(404)
  })

  it('has a link only where one can be made', async () => {
    for (const type of ['image/jpeg', 'image/png; charset=x', 'IMAGE/WEBP', 'image/gif', 'image/avif'])
      expect(await media.thumbnailQuery(red, type), type).toMatch(/^expires=\d{10}&signature=[\w-]{43}$/)
    for (const type of ['image/svg+xml', 'image/tiff', 'application/pdf', 'audio/ogg', '', 'text/html'])
      expect(await media.thumbnailQuery(red, type), type).toBeNull()
  })

  it.skipIf(!hasFfmpeg)(
    'is the first picture of a video (skipped where ffmpeg is not installed)',
    async () => {
      const path = join(dataDir, 'film.mp4')
      const film = [
        '-f',
        'lavfi',
        '-i',
        'color=c=green:size=640x360:rate=5:duration=1',
        '-c:v',
        'mpeg4',
        path,
      ]
      execFileSync('ffmpeg', ['-v', 'error', '-y', ...film])
      const id = await keep(readFileSync(path))
      const query = await media.thumbnailQuery(id, 'video/mp4')
      const answer = await app.request(`/dashboard/thumbnails/${id}?${query}`)
      const shown = await sharp(new Uint8Array(await answer.arrayBuffer())).metadata()
      expect(shown).toMatchObject({ format: 'webp', width: 512, height: 288 })
    },
  )

  it('leaves its link in no line of the log', () => {
    expect(logs.length).toBeGreaterThan(10)
    expect(logs.join('')).not.toMatch(/signature=|expires=/)
  })
})
