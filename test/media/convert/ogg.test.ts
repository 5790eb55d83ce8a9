import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { opusSeconds } from '../../../src/media/convert/ogg.ts'
import { waveformOf } from '../../../src/media/convert/waveform.ts'
import { assertProperty } from '../../property.ts'
import { oggPage, opusHead } from './voice.ts'

async function* inChunks(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const sound = (granule: bigint, size = 100, serial = 1) =>
  oggPage({ granule, serial, body: Buffer.alloc(size, 7) })

describe('the seconds of an Ogg Opus file', () => {
  it.each<[string, Buffer[], number | null]>([
    ['one second', [opusHead(0), sound(48_000n)], 1],
    ['what is to be skipped does not count', [opusHead(312), sound(48_312n)], 1],
    ['the last page counts', [opusHead(0), sound(24_000n), sound(48_000n), sound(120_000n)], 2.5],
    ['a page in which no packet ends does not', [opusHead(0), sound(48_000n, 65_025), sound(-1n)], 1],
    [
      'a file that is cut counts as far as it goes',
      [opusHead(0), sound(48_000n), sound(96_000n).subarray(0, 60)],
      1,
    ],
    ['another stream beside it does not', [opusHead(0), sound(48_000n), sound(960_000n, 10, 2)], 1],
    [
      'streams in a row add up',
      [opusHead(480), sound(48_480n), opusHead(0, 2), sound(24_000n, 10, 2), opusHead(0, 3)],
      1.5,
    ],
    ['no sound', [opusHead(312)], 0],
    ['less sound than is to be skipped', [opusHead(312), sound(100n)], 0],
    ['nothing', [], null],
    ['no Opus', [oggPage({ granule: 0n, flags: 2, body: Buffer.from('\x01vorbis') }), sound(48_000n)], null],
    ['a head that is too short', [oggPage({ granule: 0n, flags: 2, body: Buffer.from('OpusHead') })], null],
    ['no Ogg', [Buffer.from('RIFF....WAVEfmt ')], null],
    ['rubbish after it', [opusHead(0), sound(48_000n), Buffer.alloc(1_000, 1)], 1],
  ])('%s', async (_, pages, seconds) => {
    const bytes = Buffer.concat(pages)
    for (const size of [1, 7, 100, 65_536]) expect(await opusSeconds(inChunks(bytes, size))).toBe(seconds)
  })

  it('are read from any bytes without an error', async () => {
    await assertProperty(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.nat(400), async (noise, at) => {
        const file = Buffer.concat([opusHead(0), sound(48_000n), sound(96_000n)])
        file.set(noise.subarray(0, Math.max(0, file.length - at)), Math.min(at, file.length))
        const seconds = await opusSeconds(inChunks(file, 50))
        expect(seconds === null || seconds >= 0).toBe(true)
      }),
    )
  })
})

describe('a waveform', () => {
  const pcm = (samples: number[]) => Buffer.from(Int16Array.from(samples).buffer)
  const samples = (count: number, level: (at: number) => number) =>
    Array.from({ length: count }, (_, at) => (at % 2 === 0 ? 1 : -1) * level(at))

  it('follows the loudness of the sound, bar by bar, in chunks of any size', async () => {
    const ramp = pcm(samples(64 * 160, at => (Math.floor(at / 160) + 1) * 100))
    const expected = Array.from({ length: 64 }, (_, bar) => Math.floor(((bar + 1) / 64) * 100))
    for (const size of [1, 3, 320, 65_536])
      expect([...(await waveformOf(inChunks(ramp, size)))!]).toEqual(expected)
  })

  it.each<[string, number[], (waveform: number[]) => boolean]>([
    ['silence is flat', Array(16_000).fill(0), bars => bars.every(bar => bar === 0)],
    ['an even tone is full', samples(16_000, () => 1_000), bars => bars.every(bar => bar === 100)],
    ['the loudest level is no overflow', Array(16_000).fill(-32_768), bars => bars.every(bar => bar === 100)],
    ['one sample is enough', [5], bars => bars.every(bar => bar === 100)],
    [
      'half silence, half tone',
      samples(16_000, at => (at < 8_000 ? 0 : 500)),
      bars => bars.slice(0, 31).every(bar => bar === 0) && bars.slice(33).every(bar => bar === 100),
    ],
  ])('%s', async (_, sound, holds) => {
    const waveform = await waveformOf(inChunks(pcm(sound), 1_000))
    expect(waveform).toHaveLength(64)
    expect([...waveform!]).toSatisfy(holds)
  })

  it.each([0, 1])('is null for %i bytes', async size => {
    expect(await waveformOf(inChunks(new Uint8Array(size), 1))).toBeNull()
  })
})
