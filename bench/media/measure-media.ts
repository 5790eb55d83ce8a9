import { setTimeout as pause } from 'node:timers/promises'
import { now } from '../../harness/now.ts'
import type { Contender, SessionSet } from '../contenders/contender.ts'
import type { Environment } from '../environment/environment.ts'
import type { FileServer } from '../environment/file-server.ts'
import type { Integrity } from '../figures.ts'
import { peakMemoryOf, resetPeakMemory } from '../probe/peak-memory.ts'
import type { SampleFile, SampleFiles } from '../traffic/sample-files.ts'

/** What one process showed with images. Times in ms, memory in bytes. */
export interface ImageFigures {
  cpuPerImageOut: number
  imagesPerSecond: number
  cpuPerImageIn: number
  /** From the socket to the last byte at Laravel, of each image. */
  inbound: readonly number[]
  /** The highest RSS over that before the first file. */
  growth: number
  integrity: Integrity
}

/** The same with a single large video. */
export type VideoFigures = Pick<ImageFigures, 'growth' | 'integrity'>

export interface MediaTraffic {
  warmUp: number
  /** Images out, and as many in; in all sessions together. */
  images: number
  imageBytes: number
  saidPerSecond: number
  videoBytes: number
}

export interface MediaOptions {
  environment: Pick<Environment, 'simulator' | 'laravel'>
  server: FileServer
  samples: SampleFiles
  traffic: MediaTraffic
  /** Different for each process: no file comes twice. */
  name: string
  onStep(step: string): void
}

/** Receipts, and what else is left to do, come later than acks. */
const TAIL_MS = 500
/** For each session. */
const TEXTS = 20
const LOST_MS = 120_000

/** One process with images: open all, talk, warm up, images out, images in. */
export async function measureImages(sessionSet: SessionSet, options: MediaOptions): Promise<ImageFigures> {
  const { traffic, onStep, name } = options
  const run = new MediaRun(sessionSet, options)
  const images = (count: number, what: string): SampleFile[] =>
    Array.from({ length: count }, (_, n) => ({
      kind: 'image',
      name: `${name}-${what}-${n}`,
      size: traffic.imageBytes,
    }))

  const idle = await run.begin()
  onStep('warming up')
  await run.receive(images(traffic.warmUp, 'first-in'))
  await run.send(images(traffic.warmUp, 'first-out'))
  onStep('images out')
  const out = await run.send(images(traffic.images, 'out'))
  onStep('images in')
  const inn = await run.receive(images(traffic.images, 'in'))
  const growth = (await run.peak()) - idle
  const integrity = await run.end()
  return {
    cpuPerImageOut: out.cpuMs / traffic.images,
    imagesPerSecond: (traffic.images * 1000) / out.ms,
    cpuPerImageIn: inn.cpuMs / traffic.images,
    inbound: inn.latencies,
    growth,
    integrity,
  }
}

/** One process with one large video: nothing before it has left memory that it could use. */
export async function measureVideo(
  sessionSet: SessionSet,
  options: MediaOptions,
  direction: 'out' | 'in',
): Promise<VideoFigures> {
  const { traffic, onStep, name } = options
  const run = new MediaRun(sessionSet, options)
  const video: SampleFile = { kind: 'video', name: `${name}-video`, size: traffic.videoBytes }
  const idle = await run.begin()
  onStep(`a video ${direction}`)
  await (direction === 'out' ? run.send([video]) : run.receive([video]))
  const growth = (await run.peak()) - idle
  return { growth, integrity: await run.end() }
}

/** The traffic of one process, and what was lost of it. */
class MediaRun {
  readonly integrity: Integrity = { sent: 0, decrypted: 0, said: 0, delivered: 0, troubles: [] }
  readonly #sessionSet: SessionSet
  readonly #contender: Contender
  readonly #options: MediaOptions

  constructor(sessionSet: SessionSet, options: MediaOptions) {
    this.#sessionSet = sessionSet
    this.#contender = sessionSet.start()
    this.#options = options
  }

  /** Opens all and lets them talk; the RSS after that, from which on the peak counts. */
  async begin(): Promise<number> {
    this.#options.onStep('opening')
    await this.#contender.openAll()
    await this.#contender.send(TEXTS)
    const { rss } = await this.#contender.probe.call('memory')
    await resetPeakMemory(await this.#contender.probe.call('pid'))
    return rss
  }

  async peak(): Promise<number> {
    return peakMemoryOf(await this.#contender.probe.call('pid'))
  }

  async end(): Promise<Integrity> {
    this.#options.onStep('settling')
    await this.#contender.stop()
    this.integrity.troubles.push(...(await this.#options.environment.simulator.remote.call('troubles')))
    return this.integrity
  }

  /** Sends files, and compares what contacts download. */
  async send(files: SampleFile[]): Promise<{ ms: number; cpuMs: number }> {
    const { server, environment } = this.#options
    const { pairs } = this.#sessionSet
    const jobs = files.map((sample, n) => ({
      pair: pairs[n % pairs.length]!,
      sample,
      url: server.urlOf(sample),
    }))
    const cpu = await this.#cpu()
    const begun = now()
    const acked = await this.#contender.sendFiles(jobs)
    const ms = now() - begun
    await pause(TAIL_MS)
    const cpuMs = (await this.#cpu()) - cpu
    const { integrity } = this
    const { missing, doubled } = await environment.simulator.remote.call(
      'checkReceived',
      acked.map(({ id }) => id),
      LOST_MS,
    )
    for (const id of missing) integrity.troubles.push(`${id} was acked, and no contact decrypted it`)
    for (const id of doubled) integrity.troubles.push(`${id} was decrypted twice`)
    const hashes = await environment.simulator.remote.call(
      'hashes',
      acked.map(({ id }) => id),
    )
    const sent = new Map(files.map(sample => [sample.name, sample]))
    integrity.sent += files.length
    for (const [n, { id, name }] of acked.entries()) {
      if (hashes[n] === this.#options.samples.sha256(sent.get(name)!)) integrity.decrypted++
      else integrity.troubles.push(`${id} was acked, and its file is not the one that was sent: ${hashes[n]}`)
    }
    return { ms, cpuMs }
  }

  /** Lets contacts send files, and compares what Laravel got. */
  async receive(files: SampleFile[]): Promise<{ latencies: number[]; cpuMs: number }> {
    const { environment, traffic, samples } = this.#options
    const { simulator, laravel } = environment
    laravel.arrivals.clear()
    laravel.files.clear()
    const cpu = await this.#cpu()
    const said = await simulator.remote.call(
      'sendFiles',
      this.#sessionSet.pairs,
      files,
      traffic.saidPerSecond,
    )
    const deadline = now() + LOST_MS
    while (said.some(({ id }) => !laravel.files.has(id)) && now() < deadline) await pause(20)
    await pause(TAIL_MS)
    const cpuMs = (await this.#cpu()) - cpu
    const { integrity } = this
    const latencies: number[] = []
    const sent = new Map(files.map(sample => [sample.name, sample]))
    integrity.said += files.length
    for (const { id, name, at } of said) {
      const times = laravel.arrivals.get(id)?.length ?? 0
      if (times > 1) integrity.troubles.push(`Laravel got ${id} ${times} times`)
      const file = laravel.files.get(id)
      if (file === undefined) integrity.troubles.push(`${id} was said, and Laravel never got its file`)
      else if ('error' in file) integrity.troubles.push(`Laravel got ${id} without its file: ${file.error}`)
      else if (file.sha256 !== samples.sha256(sent.get(name)!))
        integrity.troubles.push(`Laravel got another file with ${id} than was said`)
      else {
        integrity.delivered++
        latencies.push(file.at - at)
      }
    }
    return { latencies, cpuMs }
  }

  #cpu(): Promise<number> {
    return this.#contender.probe.call('cpu')
  }
}
