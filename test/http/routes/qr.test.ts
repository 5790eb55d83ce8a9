import { inflateSync } from 'node:zlib'
import { create } from 'qrcode'
import { describe, expect, it } from 'vitest'
import { createTestHttp, NOW, QR_TEXT } from '../fakes.ts'

const PATH = '/sessions/s1/qr'

/** The modules of the code that stands for a text: true is dark. */
function modulesOf(text: string, errorCorrectionLevel: 'L' | 'M') {
  const { modules } = create(text, { errorCorrectionLevel })
  return { size: modules.size, dark: (x: number, y: number) => modules.get(y, x) === 1 }
}

/** Decodes an RGBA PNG of 8 bits a channel. */
function readPng(png: Buffer) {
  expect(png.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a')
  const chunks: Buffer[] = []
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at)
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') chunks.push(png.subarray(at + 8, at + 8 + length))
    at += length + 12
  }
  const width = png.readUInt32BE(16)
  const height = png.readUInt32BE(20)
  expect([png[24], png[25]]).toEqual([8, 6])
  const stride = width * 4
  const raw = inflateSync(Buffer.concat(chunks))
  const pixels = Buffer.alloc(stride * height)
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)]!
    for (let x = 0; x < stride; x++) {
      const left = x >= 4 ? pixels[y * stride + x - 4]! : 0
      const up = y > 0 ? pixels[(y - 1) * stride + x]! : 0
      const corner = x >= 4 && y > 0 ? pixels[(y - 1) * stride + x - 4]! : 0
      const [pa, pb, pc] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)]
      const paeth = pa <= pb && pa <= pc ? left : pb <= pc ? up : corner
      const predicted = [0, left, up, (left + up) >> 1, paeth][filter]!
      pixels[y * stride + x] = (raw[y * (stride + 1) + 1 + x]! + predicted) & 255
    }
  }
  return { width, height, dark: (x: number, y: number) => pixels[y * stride + x * 4]! < 128 }
}

it('a PNG is the default, and a scanner reads the QR text from it', async () => {
  for (const [path, accept] of [
    [PATH, undefined],
    [PATH, '*/*'],
    [PATH, 'image/*'],
    [PATH, 'text/html,application/xhtml+xml'],
    [`${PATH}?format=`, 'image/png'],
    [`${PATH}?format=png`, 'application/json'],
  ] as const) {
    const response = await createTestHttp().app.request(
      path,
      accept === undefined ? {} : { headers: { accept } },
    )
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('image/png')
    expect(response.headers.get('cache-control')).toBe('no-store')
    const png = readPng(Buffer.from(await response.arrayBuffer()))
    const { size, dark } = modulesOf(QR_TEXT, 'M')
    const scale = png.width / (size + 8)
    expect(Number.isInteger(scale) && scale >= 4).toBe(true)
    expect(png.height).toBe(png.width)
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++)
        if (png.dark((x + 4.5) * scale, (y + 4.5) * scale) !== dark(x, y))
          expect.fail(`module ${x},${y} differs`)
  }
})

it.each([
  [`${PATH}?format=svg`, '*/*'],
  [PATH, 'image/svg+xml'],
  [PATH, 'image/svg+xml;q=0.9, image/png;q=0.1'],
])('an SVG is asked for by %s, %s', async (path, accept) => {
  const response = await createTestHttp().app.request(path, { headers: { accept } })
  expect(response.headers.get('content-type')).toBe('image/svg+xml')
  expect(response.headers.get('cache-control')).toBe('no-store')
  const svg = await response.text()
  const { size } = modulesOf(QR_TEXT, 'M')
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/)
  expect(svg).toContain(`viewBox="0 0 ${size + 8} ${size + 8}"`)
  expect(svg).not.toContain(QR_TEXT)
})

it.each([
  [`${PATH}?format=txt`, '*/*'],
  [PATH, 'text/plain'],
])('text for a terminal is asked for by %s, %s', async (path, accept) => {
  const response = await createTestHttp().app.request(path, { headers: { accept } })
  expect(response.headers.get('content-type')).toBe('text/plain; charset=UTF-8')
  expect(response.headers.get('cache-control')).toBe('no-store')
  const { size, dark } = modulesOf(QR_TEXT, 'L')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours
  const lines = (await response.text()).replace(/\u001b\[\d+m/g, '').split('\n')
  expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(80)
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const character = lines[(y + 1) >> 1]![x + 1]!
      const upper = (y + 1) % 2 === 0
      const shown = character === '█' || character === (upper ? '▀' : '▄')
      if (shown !== dark(x, y)) expect.fail(`module ${x},${y} differs`)
    }
})

it.each([
  [`${PATH}?format=json`, '*/*'],
  [PATH, 'application/json'],
  [PATH, 'application/json, image/png;q=0.5'],
])('JSON is asked for by %s, %s', async (path, accept) => {
  const response = await createTestHttp().app.request(path, { headers: { accept } })
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await response.json()).toEqual({ qr: QR_TEXT, expires_at: new Date(NOW + 20_000).toISOString() })
})

it('gives the expiry in the time of day after the clock was set', async () => {
  const { app } = createTestHttp({ timeOfDay: at => at + 86_400_000 })
  const response = await app.request(`${PATH}?format=json`)
  const expires_at = new Date(NOW + 86_400_000 + 20_000).toISOString()
  expect(await response.json()).toEqual({ qr: QR_TEXT, expires_at })
})

describe('GET /sessions/{id}/qr without a QR', () => {
  const vault = {
    put: () => {},
    read: () => null,
    putCode: () => {},
    readCode: () => null,
    clear: () => {},
  }

  it.each(['', '?format=svg', '?format=txt', '?format=json'])('%s answers 404 in JSON', async query => {
    const response = await createTestHttp({ vault }).app.request(`${PATH}${query}`)
    expect(response.status).toBe(404)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toMatchObject({ success: false, error: 'QR_NOT_AVAILABLE' })
  })

  it('an unknown session answers SESSION_NOT_FOUND, whatever the vault holds', async () => {
    const response = await createTestHttp().app.request('/sessions/nope/qr')
    expect(await response.json()).toMatchObject({ error: 'SESSION_NOT_FOUND' })
  })
})
