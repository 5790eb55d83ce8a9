import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClock } from '../../../src/base/clock.ts'
import { createConversions } from '../../../src/media/convert/conversions.ts'
import { createFfmpeg, type Ffmpeg } from '../../../src/media/convert/ffmpeg.ts'
import { createPictures } from '../../../src/media/convert/pictures.ts'
import { createRecordings } from '../../../src/media/convert/recordings.ts'
import { createThumbnails } from '../../../src/media/convert/thumbnails.ts'
import { mimetypeOf } from '../../../src/media/mimetype.ts'
import type { MediaType } from '../../../src/messages/send.ts'
import { hasFfmpeg } from './voice.ts'

const MB = 1024 * 1024
const clock = createClock()
const using = (command: string) => {
  const ffmpeg = createFfmpeg({ clock, command })
  createThumbnails(ffmpeg)
  return createConversions(createPictures(ffmpeg), createRecordings(ffmpeg, { maxVideoBytes: 16 * MB }))
}
const real = using('ffmpeg')
const without = using('/nowhere/ffmpeg')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convert-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function put(name: string, bytes: Uint8Array) {
  const path = join(folder, name)
  await writeFile(path, bytes)
  return path
}

async function converted(type: MediaType, path: string, by = real) {
  const mimetype = await mimetypeOf((await readFile(path)).subarray(0, 4_100), null)
  const found = await by.convert(type, path, mimetype)
  return found && { ...found, bytes: await buffer(Readable.from(found.bytes)) }
}

/** Frames of one colour each. */
const moving = () =>
  sharp(Buffer.concat([0, 120, 240].map(red => Buffer.alloc(60 * 40 * 4, Buffer.from([red, 0, 0, 255])))), {
    raw: { width: 60, height: 120, channels: 4, pageHeight: 40 },
  })
    .gif({ delay: [100, 100, 100] })
    .toBuffer()

const photo = () => sharp({ create: { width: 600, height: 300, channels: 4, background: '#c0000080' } })

describe('pictures, without any other program', () => {
  it.each(['image', 'sticker'] as const)('what WhatsApp shows as %s is left as it is', async type => {
    const webp = await put('as-it-is.webp', await photo().webp().toBuffer())
    expect(await converted(type, webp, without)).toBeNull()
  })

  it.each([
    ['AVIF', 'a.avif', () => photo().avif().toBuffer()],
    ['GIF', 'a.gif', moving],
  ])('a picture in %s goes out as JPEG', async (_, name, make) => {
    const found = await converted('image', await put(name, await make()), without)
    expect(found?.mimetype).toBe('image/jpeg')
    expect(await sharp(found!.bytes).metadata()).toMatchObject({ format: 'jpeg' })
  })

  it.each([
    ['PNG', 'b.png', () => photo().png().toBuffer()],
    ['JPEG', 'b.jpg', () => photo().jpeg().toBuffer()],
  ])('a sticker in %s goes out as a square WebP, clear around the picture', async (_, name, make) => {
    const found = await converted('sticker', await put(name, await make()), without)
    expect(found?.mimetype).toBe('image/webp')
    expect(found!.bytes.length).toBeLessThanOrEqual(100 * 1024)
    const image = sharp(found!.bytes)
    expect(await image.metadata()).toMatchObject({ format: 'webp', width: 512, height: 512, hasAlpha: true })
    expect((await image.raw().toBuffer())[3]).toBe(0)
  })

  it('a sticker that moves still moves', async () => {
    const found = await converted('sticker', await put('c.gif', await moving()), without)
    expect(found?.mimetype).toBe('image/webp')
    expect(await sharp(found!.bytes, { animated: true }).metadata()).toMatchObject({
      pages: 3,
      pageHeight: 512,
    })
  })

  it('noise is made smaller until it is a sticker', async () => {
    const noise = sharp({
      create: {
        width: 512,
        height: 512,
        channels: 3,
        background: 'black',
        noise: { type: 'gaussian', mean: 128, sigma: 30 },
      },
    })
    const found = await converted('sticker', await put('noise.png', await noise.png().toBuffer()), without)
    expect(found!.bytes.length).toBeLessThanOrEqual(100 * 1024)
  })

  it('what is broken is refused with a sentence', async () => {
    const whole = await moving()
    const broken = await put('broken.gif', whole.subarray(0, 40))
    await expect(converted('image', broken, without)).rejects.toMatchObject({
      code: 'MEDIA_TYPE_UNSUPPORTED',
      message: expect.stringMatching(/broken/),
    })
  })

  it('HEIC that says that it is larger than any photo is given to nobody', async () => {
    const bytes = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'white' } })
      .avif({ effort: 0 })
      .toBuffer()
    const size = bytes.indexOf('ispe') + 8
    bytes.writeUInt32BE(10_000, size)
    bytes.writeUInt32BE(6_000, size + 4)
    const path = await put('bomb.heic', bytes)
    expect((await sharp(path, { limitInputPixels: false }).metadata()).width).toBe(10_000)
    let runs = 0
    const counting: Ffmpeg = {
      isInstalled: async () => true,
      async *run() {
        runs++
        yield await sharp({ create: { width: 10, height: 6, channels: 3, background: 'white' } })
          .png()
          .toBuffer()
      },
    }
    await expect(createPictures(counting).toJpeg(path, 'image/heic')).rejects.toMatchObject({
      code: 'MEDIA_TYPE_UNSUPPORTED',
    })
    expect(runs).toBe(0)
  })

  it('HEIC says what would help', async () => {
    const heic = Buffer.from('0000001c66747970686569630000000068656963686569786d696631', 'hex')
    const path = await put('d.heic', Buffer.concat([heic, Buffer.alloc(200)]))
    await expect(converted('image', path, without)).rejects.toMatchObject({
      code: 'MEDIA_TYPE_UNSUPPORTED',
      message: expect.stringMatching(/ffmpeg 7\.1 .*send JPEG/),
    })
  })
})

describe('videos and sounds without ffmpeg', () => {
  it.each<[MediaType, string, string]>([
    ['video', 'video/quicktime', 'MP4'],
    ['video', 'video/webm', 'MP4'],
    ['gif', 'image/gif', 'MP4'],
    ['audio', 'audio/wav', 'MP3'],
    ['audio', 'audio/flac', 'MP3'],
  ])('%s in %s: install it, or send %s', async (type, mimetype, other) => {
    await expect(without.convert(type, '/nowhere', mimetype)).rejects.toMatchObject({
      code: 'MEDIA_TYPE_UNSUPPORTED',
      message: expect.stringMatching(new RegExp(`ffmpeg.*not installed here: install it, or send ${other}$`)),
    })
  })

  it.each<[MediaType, string]>([
    ['document', 'video/quicktime'],
    ['image', 'image/svg+xml'],
    ['video', 'application/pdf'],
    ['audio', 'constructor'],
  ])('%s in %s: nothing here converts it', async (type, mimetype) => {
    expect(await without.convert(type, '/nowhere', mimetype)).toBeNull()
  })
})

describe.skipIf(!hasFfmpeg)('videos and sounds (skipped where ffmpeg is not installed)', () => {
  function make(name: string, ...args: string[]): string {
    const path = join(folder, name)
    execFileSync('ffmpeg', ['-loglevel', 'error', '-y', ...args, path])
    return path
  }
  const picture = ['-f', 'lavfi', '-i', 'testsrc=size=161x91:rate=10:duration=1']
  const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=1']

  it.each([
    ['a.mov', [...picture, ...sound, '-c:v', 'mpeg4', '-c:a', 'pcm_s16le'], 'video'],
    ['a.webm', [...picture, '-c:v', 'libvpx'], 'video'],
    ['a.mkv', [...picture, ...sound], 'video'],
    ['a.avi', [...picture], 'video'],
    ['moving.gif', [...picture], 'gif'],
  ] as [
    string,
    string[],
    MediaType,
  ][])('%s goes out as MP4 with its index first', async (name, args, type) => {
    const found = await converted(type, make(name, ...args))
    expect(found?.mimetype).toBe('video/mp4')
    expect(await mimetypeOf(found!.bytes.subarray(0, 4_100), null)).toBe('video/mp4')
    const [index, media] = ['moov', 'mdat'].map(box => found!.bytes.indexOf(box, 0, 'latin1'))
    expect(index).toBeGreaterThan(0)
    expect(index).toBeLessThan(media!)
    expect(found!.bytes.indexOf('avc1', 0, 'latin1')).toBeGreaterThan(0)
  })

  it.each(['a.wav', 'a.flac', 'vorbis.ogg'])('%s goes out as MP3', async name => {
    const found = await converted('audio', make(name, ...sound))
    expect(found?.mimetype).toBe('audio/mpeg')
    expect(await mimetypeOf(found!.bytes.subarray(0, 4_100), null)).toBe('audio/mpeg')
  })

  it('a video without pictures is refused with a sentence', async () => {
    const path = make('sound.mkv', ...sound)
    await expect(converted('video', path)).rejects.toMatchObject({
      code: 'MEDIA_TYPE_UNSUPPORTED',
      message: expect.stringMatching(/broken, or has nothing of that kind/),
    })
  })

  it('a video that grows over its limit is refused, and no more of it is written', async () => {
    const noise = ['-f', 'lavfi', '-i', 'testsrc=size=320x180:rate=25:duration=4,noise=alls=60:allf=t']
    const path = make('noise.mkv', ...noise, '-c:v', 'mpeg4', '-q:v', '3')
    const written: number[] = []
    const ffmpeg = createFfmpeg({ clock })
    const watched: Ffmpeg = {
      ...ffmpeg,
      async *run(args, ...rest) {
        yield* ffmpeg.run(args, ...rest)
        written.push((await stat(args.at(-1)!)).size)
      },
    }
    const toMp4 = (maxVideoBytes: number) => createRecordings(watched, { maxVideoBytes }).toMp4
    const whole = await buffer(Readable.from(await toMp4(16 * MB)(path, 'video/x-matroska')))
    expect(written).toEqual([whole.length])
    const limit = 128 * 1024
    expect(whole.length).toBeGreaterThan(4 * limit)
    await expect(buffer(Readable.from(await toMp4(limit)(path, 'video/x-matroska')))).rejects.toMatchObject({
      code: 'MEDIA_TOO_LARGE',
      message: expect.stringMatching(/as MP4.* 128 KB/),
    })
    expect(written[1]).toBeLessThan(whole.length / 2)
    await expect(
      buffer(Readable.from(await toMp4(whole.length)(path, 'video/x-matroska'))),
    ).resolves.toHaveLength(whole.length)
  })

  it('a playlist that calls itself a video opens nothing', async () => {
    const path = await put('evil.mov', Buffer.from(`#EXTM3U\n#EXTINF:1,\nfile://${folder}/a.wav\n`))
    const found = await real.convert('video', path, 'video/quicktime')
    await expect(buffer(Readable.from(found!.bytes))).rejects.toMatchObject({
      code: 'MEDIA_TYPE_UNSUPPORTED',
    })
  })
})
