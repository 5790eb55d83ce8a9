import { execFileSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClock } from '../../../src/base/clock.ts'
import { createFfmpeg } from '../../../src/media/convert/ffmpeg.ts'
import { opusSeconds } from '../../../src/media/convert/ogg.ts'
import { createVoiceNotes, VOICE_MIMETYPE } from '../../../src/media/convert/voice-notes.ts'
import { mimetypeOf } from '../../../src/media/mimetype.ts'
import { hasFfmpeg, oggPage, opusHead } from './voice.ts'

let folder: string
const never = new AbortController().signal
const clock = createClock()
const real = createVoiceNotes(createFfmpeg({ clock }))
const without = createVoiceNotes(createFfmpeg({ clock, command: '/nowhere/ffmpeg' }))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audio-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

async function headOf(path: string): Promise<Uint8Array> {
  const handle = await open(path)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(4_100), 0, 4_100, 0)
  await handle.close()
  return buffer.subarray(0, bytesRead)
}

describe('voice notes without ffmpeg', () => {
  it('Ogg Opus is sent as it is, with its seconds and no waveform', async () => {
    const path = join(folder, 'by-hand.ogg')
    await writeFile(
      path,
      Buffer.concat([opusHead(312), oggPage({ granule: 168_312n, body: Buffer.alloc(99) })]),
    )
    expect(await without.convert(path, VOICE_MIMETYPE, never)).toBeNull()
    expect(await without.describe(path, never)).toEqual({ seconds: 4, waveform: null })
  })

  it('a very short one has one second, a broken one has null', async () => {
    const path = join(folder, 'short.ogg')
    await writeFile(path, Buffer.concat([opusHead(0), oggPage({ granule: 960n, body: Buffer.alloc(9) })]))
    expect(await without.describe(path, never)).toEqual({ seconds: 1, waveform: null })
    await writeFile(path, 'not ogg at all')
    expect(await without.describe(path, never)).toEqual({ seconds: null, waveform: null })
    expect(await real.describe(path, never)).toEqual({ seconds: null, waveform: null })
  })

  it.each([
    'audio/mpeg',
    'audio/ogg',
    'audio/x-m4a',
    'video/webm',
  ])('%s is refused, and the error says what to do', async type => {
    await expect(without.convert(join(folder, 'x'), type, never)).rejects.toMatchObject({
      code: 'MEDIA_TYPE_UNSUPPORTED',
      status: 415,
      message: `A voice note of type ${type} needs ffmpeg, which is not installed here: install it, or send Ogg Opus`,
    })
  })

  it.each(['image/png', 'application/octet-stream', 'constructor'])('%s is no audio', async type => {
    await expect(without.convert(join(folder, 'x'), type, never)).rejects.toMatchObject({
      code: 'MEDIA_TYPE_UNSUPPORTED',
      message: `A file of type ${type} cannot be sent as audio: it has no sound that can be read here (anything goes as document)`,
    })
  })
})

describe.skipIf(!hasFfmpeg)('voice notes with ffmpeg (skipped where it is not installed)', () => {
  const make = (name: string, ...args: string[]) => {
    const path = join(folder, name)
    const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=3']
    execFileSync('ffmpeg', ['-v', 'error', '-y', ...tone, ...args, path])
    return path
  }

  it.each<[string, string[], string]>([
    ['a.mp3', [], 'audio/mpeg'],
    ['a.wav', [], 'audio/wav'],
    ['a.flac', [], 'audio/flac'],
    ['a.aac', [], 'audio/aac'],
    ['a.m4a', [], 'audio/x-m4a'],
    ['stereo.m4a', ['-ac', '2', '-ar', '44100'], 'audio/x-m4a'],
    ['a.mp4', ['-c:a', 'aac'], 'video/mp4'],
    ['a.3gp', ['-c:a', 'aac'], 'video/3gpp'],
    ['a.webm', ['-c:a', 'libopus'], 'video/webm'],
    ['vorbis.ogg', ['-c:a', 'libvorbis'], 'audio/ogg'],
  ])('%s becomes a voice note', async (name, args, mimetype) => {
    const path = make(name, ...args)
    const head = await headOf(path)
    const found = await mimetypeOf(head, null)
    expect(found).toBe(mimetype)
    const voice = join(folder, `${name}.voice.ogg`)
    await writeFile(voice, (await real.convert(path, found, never))!)
    expect(await mimetypeOf(await headOf(voice), null)).toBe(VOICE_MIMETYPE)
    // OpusHead: channels at byte 9, of a page whose header is 28 bytes.
    expect((await headOf(voice))[28 + 9]).toBe(1)
    expect(await opusSeconds(createReadStream(voice))).toBeCloseTo(3, 1)
  })

  it('a voice note has its seconds and a waveform of its sound', async () => {
    const path = make('half.ogg', '-af', 'volume=0:enable=lt(t\\,1.5)', '-c:a', 'libopus')
    const { seconds, waveform } = await real.describe(path, never)
    expect(seconds).toBe(3)
    expect(waveform).toHaveLength(64)
    expect(Math.max(...waveform!.slice(0, 28))).toBeLessThan(10)
    expect(Math.min(...waveform!.slice(36, 60))).toBeGreaterThan(80)
    expect(Math.max(...waveform!)).toBe(100)
  })

  it('the metadata of the file is removed', async () => {
    const path = make('tagged.mp3', '-metadata', 'comment=at home')
    const voice = await buffer((await real.convert(path, 'audio/mpeg', never))!)
    expect(voice.length).toBeGreaterThan(1_000)
    expect(voice.includes('at home')).toBe(false)
  })

  it.each([
    ['noise', Buffer.alloc(5_000, 0xa5)],
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('hello '.repeat(1_000))],
  ])('%s in an mp3 is refused', async (_, bytes) => {
    const path = join(folder, 'broken.mp3')
    await writeFile(path, bytes)
    const read = async () => buffer((await real.convert(path, 'audio/mpeg', never))!)
    const error = await read().catch(error => error)
    expect(error).toMatchObject({
      code: 'MEDIA_TYPE_UNSUPPORTED',
      message: 'The audio cannot be converted to Ogg Opus: it is broken, or there is no sound in it',
    })
    expect(error.message).not.toContain(folder)
  })

  it('a playlist in disguise makes ffmpeg fetch and read nothing', async () => {
    const secret = make('secret.mp3')
    let asked = 0
    const server = createServer((_, response) => {
      asked++
      response.end()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.mp3`
    const path = join(folder, 'playlist.mp3')
    try {
      for (const text of [
        `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${url}\n`,
        `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:${secret}\n`,
        `ffconcat version 1.0\nfile '${secret}'\n`,
        `ffconcat version 1.0\nfile ${url}\n`,
      ])
        for (const type of ['audio/mpeg', 'audio/mp4', 'audio/aac', 'video/webm']) {
          await writeFile(path, text)
          const read = async () => buffer((await real.convert(path, type, never))!)
          await expect(read()).rejects.toMatchObject({ code: 'MEDIA_TYPE_UNSUPPORTED' })
        }
    } finally {
      await new Promise(resolve => server.close(resolve))
    }
    expect(asked).toBe(0)
  })

  it('the conversion ends when its signal aborts, with its reason', async () => {
    const path = make('long.wav')
    const abort = new AbortController()
    const reason = new Error('shutting down')
    const stream = (await real.convert(path, 'audio/wav', abort.signal))![Symbol.asyncIterator]()
    await stream.next()
    abort.abort(reason)
    const rest = async () => {
      while (!(await stream.next()).done);
    }
    await expect(rest()).rejects.toBe(reason)
    await expect(real.describe(path, abort.signal)).rejects.toBe(reason)
  })
})
