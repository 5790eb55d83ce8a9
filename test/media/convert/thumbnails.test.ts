import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClock } from '../../../src/base/clock.ts'
import { createFfmpeg } from '../../../src/media/convert/ffmpeg.ts'
import { createThumbnails, type Thumbnails } from '../../../src/media/convert/thumbnails.ts'
import { hasFfmpeg } from './voice.ts'

let folder: string
let thumbnails: Thumbnails
const clock = createClock()
const never = new AbortController().signal

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'thumbnail-'))
  thumbnails = createThumbnails(createFfmpeg({ clock }))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

async function file(name: string, bytes: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, bytes)
  return path
}

const image = (width: number, height: number, color = '#c00000') =>
  sharp({ create: { width, height, channels: 4, background: color } })

/** Size and mean color of a thumbnail. */
async function look(jpeg: Uint8Array) {
  const { width, height, format } = await sharp(jpeg).metadata()
  const { channels } = await sharp(jpeg).stats()
  return { width, height, format, color: channels.map(({ mean }) => Math.round(mean / 16) * 16) }
}

/** A PNG of one colour that says how large it is, with as little data as it takes. */
function png(width: number, height: number, rows = height): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const crc = crc32(body)
    const frame = Buffer.alloc(8)
    frame.writeUInt32BE(data.length, 0)
    frame.writeUInt32BE(crc, 4)
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 1
  const data = deflateSync(Buffer.alloc((1 + Math.ceil(width / 8)) * rows))
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

describe('the thumbnail of an image', () => {
  it.each([
    [640, 480, 72, 54],
    [480, 640, 54, 72],
    [1_000, 10, 72, 1],
    [72, 72, 72, 72],
    [20, 10, 20, 10],
    [1, 1, 1, 1],
  ])('of %i by %i pixels has %i by %i', async (width, height, small, low) => {
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const path = await file(`a.${format}`, await image(width, height)[format]().toBuffer())
      const thumbnail = await thumbnails.ofImage(path)
      expect(thumbnail).toMatchObject({ width, height })
      expect(await look(thumbnail!.bytes)).toMatchObject({ width: small, height: low, format: 'jpeg' })
      expect(thumbnail!.bytes.length).toBeLessThan(4_000)
    }
  })

  it('is turned upright and holds no metadata', async () => {
    const turned = image(400, 100)
      .withExif({ IFD0: { Copyright: 'at home' } })
      .withMetadata({ orientation: 6 })
    const path = await file('turned.jpg', await turned.jpeg().toBuffer())
    const thumbnail = await thumbnails.ofImage(path)
    expect(thumbnail).toMatchObject({ width: 100, height: 400 })
    expect(await look(thumbnail!.bytes)).toMatchObject({ width: 18, height: 72 })
    expect((await readFile(path)).includes('at home')).toBe(true)
    expect(Buffer.from(thumbnail!.bytes).includes('at home')).toBe(false)
  })

  it('is white where the image is transparent', async () => {
    const path = await file('clear.png', await image(100, 100, '#ff000000').png().toBuffer())
    expect((await look((await thumbnails.ofImage(path))!.bytes)).color).toEqual([256, 256, 256])
  })

  it('keeps as a WebP what is transparent, in the size that is asked for', async () => {
    const shape = { side: 256, format: 'webp', quality: 70 } as const
    const { ofImage } = createThumbnails(createFfmpeg({ clock }), shape)
    const path = await file('clear.webp', await image(512, 300, '#00c00080').webp().toBuffer())
    const { bytes, ...size } = (await ofImage(path))!
    expect(size).toEqual({ width: 512, height: 300 })
    expect(await sharp(bytes).metadata()).toMatchObject({
      ...{ format: 'webp', width: 256, height: 150, hasAlpha: true },
    })
  })

  it('shows the first picture of an animation', async () => {
    const frames = [image(50, 40, '#00c000'), image(50, 40, '#c00000')].map(frame => frame.png().toBuffer())
    const animation = sharp(await Promise.all(frames), { join: { animated: true } })
    const path = await file('moving.webp', await animation.webp({ loop: 0 }).toBuffer())
    expect((await sharp(path).metadata()).pages).toBe(2)
    const thumbnail = await thumbnails.ofImage(path)
    expect(thumbnail).toMatchObject({ width: 50, height: 40 })
    expect((await look(thumbnail!.bytes)).color).toEqual([0, 192, 0])
  })

  it.each<[string, () => string | Uint8Array | Promise<Uint8Array>]>([
    ['nothing', () => ''],
    ['text', () => 'hello'],
    ['svg', () => '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"><rect/></svg>'],
    [
      'a svg that reads files',
      () => '<svg xmlns="http://www.w3.org/2000/svg"><image href="/etc/passwd"/></svg>',
    ],
    ['tiff', () => image(10, 10).tiff().toBuffer()],
    ['half a jpeg', async () => (await image(900, 900).jpeg().toBuffer()).subarray(0, 700)],
    ['a png that breaks off', () => png(1_000, 1_000, 10)],
    ['a png of 900 million pixels', () => png(30_000, 30_000, 1)],
    ['a png larger than any screen', () => png(2 ** 31 - 1, 2 ** 31 - 1, 0)],
  ])('does not exist for %s', async (_, bytes) => {
    expect(await thumbnails.ofImage(await file('bad', await bytes()))).toBeNull()
  })

  it.each([
    [1_000, 1_000, true],
    [4_000, 4_000, true],
    [4_001, 4_000, false],
  ])('of a progressive image of %i by %i pixels, which is decoded whole: %s', async (width, height, taken) => {
    const path = await file('whole.jpg', await image(width, height).jpeg({ progressive: true }).toBuffer())
    expect((await thumbnails.ofImage(path)) !== null).toBe(taken)
  })

  it('does not exist for a WebP of too many pixels, which is decoded whole, too', async () => {
    const bytes = await image(4_100, 4_000).webp({ effort: 0 }).toBuffer()
    expect(await thumbnails.ofImage(await file('large.webp', bytes))).toBeNull()
  })

  it('is the right one for each of many images at once', async () => {
    const paths = await Promise.all(
      [10, 20, 30].map(async side => file(`${side}.png`, await image(side, side).png().toBuffer())),
    )
    const bad = await file('bad.png', 'x')
    const found = await Promise.all([bad, ...paths, bad].map(path => thumbnails.ofImage(path)))
    expect(found.map(thumbnail => thumbnail?.width ?? null)).toEqual([null, 10, 20, 30, null])
  })

  it('does not exist for a missing file', async () => {
    expect(await thumbnails.ofImage(join(folder, 'missing.jpg'))).toBeNull()
  })

  it('exists for good images made in the same way as the bad ones above', async () => {
    expect(await thumbnails.ofImage(await file('good.png', png(1_000, 1_000)))).toMatchObject({
      width: 1_000,
    })
  })

  it('of a photo of 48 million pixels takes far less memory than its pixels', async () => {
    const path = await file('large.jpg', await image(8_000, 6_000).jpeg().toBuffer())
    const before = process.memoryUsage().rss
    let peak = before
    const timer = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss())
    }, 2)
    expect(await thumbnails.ofImage(path)).toMatchObject({ width: 8_000, height: 6_000 })
    clearInterval(timer)
    expect(Math.max(peak, process.memoryUsage.rss()) - before).toBeLessThan(48_000_000)
  })
})

describe('the thumbnail of a video', () => {
  it('does not exist without ffmpeg', async () => {
    const without = createThumbnails(createFfmpeg({ clock, command: '/nowhere/ffmpeg' }))
    expect(await without.ofVideo(await file('a.mp4', 'x'), never)).toBeNull()
  })

  describe.skipIf(!hasFfmpeg)('with ffmpeg (skipped where it is not installed)', () => {
    const make = (name: string, size: string, ...args: string[]) => {
      const path = join(folder, name)
      const picture = ['-f', 'lavfi', '-i', `color=c=green:size=${size}:rate=5:duration=1`]
      execFileSync('ffmpeg', ['-v', 'error', '-y', ...picture, ...args, path])
      return path
    }

    it.each([
      ['v.mp4', '320x240', 72, 54],
      ['v.3gp', '176x144', 72, 59],
      ['hd.mp4', '1920x1080', 72, 41],
    ])('shows %s of %s', async (name, size, small, low) => {
      const [width, height] = size.split('x').map(Number)
      const thumbnail = await thumbnails.ofVideo(make(name, size, '-c:v', 'mpeg4'), never)
      expect(thumbnail).toMatchObject({ width, height })
      expect(await look(thumbnail!.bytes)).toEqual({
        width: small,
        height: low,
        format: 'jpeg',
        color: [0, 128, 0],
      })
    })

    it.each([
      ['noise', Buffer.alloc(5_000, 0xa5)],
      ['a playlist', '#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/a.ts\n'],
    ])('does not exist for %s', async (_, bytes) => {
      expect(await thumbnails.ofVideo(await file('bad.mp4', bytes), never)).toBeNull()
    })

    it('does not exist for a video of more pixels than are decoded', async () => {
      const large = make('large.mov', '9000x6000', '-c:v', 'mjpeg', '-frames:v', '1')
      expect(await thumbnails.ofVideo(large, never)).toBeNull()
      const small = make('small.mov', '90x60', '-c:v', 'mjpeg', '-frames:v', '1')
      expect(await thumbnails.ofVideo(small, never)).toMatchObject({ width: 90, height: 60 })
    })

    it("is rejected with the signal's reason on an abort", async () => {
      const reason = new Error('shutting down')
      await expect(
        thumbnails.ofVideo(make('b.mp4', '64x64', '-c:v', 'mpeg4'), AbortSignal.abort(reason)),
      ).rejects.toBe(reason)
    })
  })
})
