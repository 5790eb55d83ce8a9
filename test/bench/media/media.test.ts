import { createHash } from 'node:crypto'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FileServer } from '../../../bench/environment/file-server.ts'
import type { ImageFigures } from '../../../bench/media/measure-media.ts'
import { type MediaRuns, mediaRows } from '../../../bench/media/report-media.ts'
import { peakIn, peakMemoryOf, resetPeakMemory } from '../../../bench/probe/peak-memory.ts'
import { table, total } from '../../../bench/report.ts'
import { type FileJob, runFileJobs } from '../../../bench/traffic/file-jobs.ts'
import { loadSamples, type SampleFile, type SampleFiles } from '../../../bench/traffic/sample-files.ts'

const MB = 1024 * 1024

let samples: SampleFiles
beforeAll(async () => {
  samples = await loadSamples()
})

const image = (name: string, size = MB): SampleFile => ({ kind: 'image', name, size })
const whole = (sample: SampleFile) => Buffer.concat([...samples.bytes(sample)])

describe('sample files', () => {
  it('have the size they should, and the hash of their bytes', () => {
    for (const size of [MB, MB + 1, 2 * MB - 1]) {
      const bytes = whole(image('one', size))
      expect(bytes.length).toBe(size)
      expect(samples.sha256(image('one', size))).toBe(createHash('sha256').update(bytes).digest('hex'))
    }
    expect(whole({ kind: 'video', name: 'one', size: 32 }).length).toBe(32)
  })

  it('are the same for a name in every process, and no two names share one', async () => {
    expect((await loadSamples()).sha256(image('one'))).toBe(samples.sha256(image('one')))
    expect(samples.sha256(image('one'))).not.toBe(samples.sha256(image('two')))
  })

  it('are photos that a decoder reads to the end, and fill most of 1 MB', async () => {
    const photo = sharp(whole(image('one')), { failOn: 'warning' })
    expect(await photo.metadata()).toMatchObject({ format: 'jpeg', width: 1600, height: 1200 })
    const { channels } = await photo.stats()
    expect(channels[0]!.stdev).toBeGreaterThan(10)
    const [head] = samples.bytes(image('one'))
    expect(head!.length).toBeGreaterThan(0.7 * MB)
  })

  it('throw a RangeError when the size is too small for their kind of file', () => {
    expect(() => whole(image('one', 1000))).toThrow(RangeError)
    expect(() => whole({ kind: 'video', name: 'one', size: 31 })).toThrow(RangeError)
  })
})

describe('the file server', () => {
  let server: FileServer
  beforeAll(async () => {
    server = new FileServer(samples)
    await server.listen()
  })
  afterAll(() => server.close())

  it.each([
    [{ kind: 'image', name: 'a-1', size: MB }, 'image/jpeg'],
    [{ kind: 'video', name: 'a-2', size: 3 * MB + 7 }, 'video/mp4'],
  ] as const)('serves %o', async (sample, type) => {
    const response = await fetch(server.urlOf(sample))
    expect(response.headers.get('content-type')).toBe(type)
    expect(response.headers.get('content-length')).toBe(String(sample.size))
    const hash = createHash('sha256').update(new Uint8Array(await response.arrayBuffer()))
    expect(hash.digest('hex')).toBe(samples.sha256(sample))
  })
})

describe('file jobs', () => {
  const job = (number: string, name: string): FileJob => ({
    pair: { number, contact: '1', address: '1@s.whatsapp.net', byLid: false },
    sample: image(name),
    url: '',
  })

  it('run one after the other in a session, and in all sessions at once', async () => {
    const running = new Map<string, number>()
    let most = 0
    const acked = await runFileJobs(
      [job('a', '1'), job('b', '2'), job('a', '3'), job('b', '4')],
      async ({ pair: { number }, sample }) => {
        running.set(number, (running.get(number) ?? 0) + 1)
        expect(running.get(number)).toBe(1)
        most = Math.max(
          most,
          [...running.values()].reduce((sum, one) => sum + one),
        )
        await new Promise(setImmediate)
        running.set(number, 0)
        return `id of ${sample.name}`
      },
    )
    expect(most).toBe(2)
    expect(acked.map(({ name }) => name).sort()).toEqual(['1', '2', '3', '4'])
    for (const { id, name } of acked) expect(id).toBe(`id of ${name}`)
  })

  it('reject when the first of them fails', async () => {
    const failing = runFileJobs([job('a', '1')], () => Promise.reject(new Error('no ack')))
    await expect(failing).rejects.toThrow('no ack')
  })
})

describe('the peak memory of a process', () => {
  it('is read from what Linux tells', () => {
    expect(peakIn('VmPeak:\t  99 kB\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n')).toBe(2 * MB)
    expect(() => peakIn('VmRSS:\t 1 kB\n')).toThrow('VmHWM')
  })

  it.runIf(process.platform === 'linux')('counts from the last reset, and misses nothing', async () => {
    await resetPeakMemory(process.pid)
    const before = await peakMemoryOf(process.pid)
    let held: Buffer | null = Buffer.alloc(128 * MB, 1)
    expect(held[MB]).toBe(1)
    held = null
    expect((await peakMemoryOf(process.pid)) - before).toBeGreaterThan(64 * MB)
  })
})

describe('rows of the media report', () => {
  const run = (changes: Partial<ImageFigures> = {}): ImageFigures => ({
    cpuPerImageOut: 20,
    imagesPerSecond: 10,
    cpuPerImageIn: 30,
    inbound: [1, 2, 3, 4],
    growth: 10 * MB,
    integrity: { sent: 1, decrypted: 1, said: 1, delivered: 1, troubles: [] },
    ...changes,
  })
  const runs = (changes: Partial<MediaRuns> = {}): MediaRuns => ({
    images: [run()],
    out: [run()],
    in: [run()],
    ...changes,
  })
  const sizes = { imageBytes: MB, videoBytes: 64 * MB }
  const rowOf = (name: string, manager: MediaRuns, plain: MediaRuns) =>
    mediaRows({ manager, plain }, sizes).find(row => row.name === name)!

  it('compare the middle of the rounds', () => {
    const manager = runs({ images: [1, 60, 30].map(cpuPerImageOut => run({ cpuPerImageOut })) })
    expect(rowOf('CPU per 1 MB image out', manager, runs())).toMatchObject({
      values: { manager: 30, plain: 20 },
      ratio: 1.5,
      verdict: null,
    })
    expect(rowOf('inbound to bytes at Laravel p99', runs(), runs()).values.manager).toBe(4)
  })

  it.each([
    ['out', 39.9, 'ok'],
    ['out', 40, 'over'],
    ['in', 39.9, 'ok'],
    ['in', 40, 'over'],
  ] as const)('judge a video %s by its worst life, %s MB: %s', (direction, megabytes, verdict) => {
    const manager = runs({ [direction]: [run(), run({ growth: megabytes * MB }), run()] })
    const row = rowOf(`RSS over idle, 64 MB video ${direction}`, manager, runs())
    expect(row.values.manager).toBeCloseTo(megabytes)
    expect(row).toMatchObject({ target: '< 40 MB', verdict })
  })

  it('make a table that shows what was lost', () => {
    const broken = run({ integrity: { sent: 1, decrypted: 0, said: 1, delivered: 1, troubles: ['other'] } })
    const integrity = { manager: total([broken, run()]), plain: total([run()]) }
    const text = table('title', mediaRows({ manager: runs(), plain: runs() }, sizes), integrity)
    expect(text).toContain('sent and acked 2, decrypted 1; said 2, delivered 2: 1 TROUBLES')
    expect(text).not.toContain('NaN')
  })
})
