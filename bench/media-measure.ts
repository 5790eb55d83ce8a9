import { setTimeout as pause } from 'node:timers/promises'
import { now } from '../harness/now.ts'
import type { Contender, Fleet } from './contender.ts'
import type { FileServer } from './file-server.ts'
import type { Scene } from './fleets.ts'
import type { Integrity } from './measure.ts'
import { forgetPeak, peakOf } from './peak.ts'
import type { Sample, Samples } from './samples.ts'

/** What one life of a process showed with images. Times in ms, memory in bytes. */
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

export interface MediaStage {
  scene: Pick<Scene, 'world' | 'laravel'>
  server: FileServer
  samples: Samples
  traffic: MediaTraffic
  /** Different in each life: no file comes twice. */
  name: string
  onStep(step: string): void
}

/** Receipts, and what else is left to do, come later than acks. */
const TAIL_MS = 500
/** For each session. */
const TEXTS = 20
const LOST_MS = 120_000

/** One life with images: open all, talk, warm up, images out, images in. */
export async function measureImages(fleet: Fleet, stage: MediaStage): Promise<ImageFigures> {
  const { traffic, onStep, name } = stage
  const life = new Life(fleet, stage)
  const images = (count: number, what: string): Sample[] =>
    Array.from({ length: count }, (_, n) => ({
      kind: 'image',
      name: `${name}-${what}-${n}`,
      size: traffic.imageBytes,
    }))

  const idle = await life.begin()
  onStep('warming up')
  await life.receive(images(traffic.warmUp, 'first-in'))
  await life.send(images(traffic.warmUp, 'first-out'))
  onStep('images out')
  const out = await life.send(images(traffic.images, 'out'))
  onStep('images in')
  const inn = await life.receive(images(traffic.images, 'in'))
  const growth = (await life.peak()) - idle
  const integrity = await life.end()
  return {
    cpuPerImageOut: out.cpuMs / traffic.images,
    imagesPerSecond: (traffic.images * 1000) / out.ms,
    cpuPerImageIn: inn.cpuMs / traffic.images,
    inbound: inn.latencies,
    growth,
    integrity,
  }
}

/** One life with one large video: nothing before it has left memory that it could use. */
export async function measureVideo(
  fleet: Fleet,
  stage: MediaStage,
  direction: 'out' | 'in',
): Promise<VideoFigures> {
  const { traffic, onStep, name } = stage
  const life = new Life(fleet, stage)
  const video: Sample = { kind: 'video', name: `${name}-video`, size: traffic.videoBytes }
  const idle = await life.begin()
  onStep(`a video ${direction}`)
  await (direction === 'out' ? life.send([video]) : life.receive([video]))
  const growth = (await life.peak()) - idle
  return { growth, integrity: await life.end() }
}

/** The traffic of one life, and what was lost of it. */
class Life {
  readonly integrity: Integrity = { sent: 0, decrypted: 0, said: 0, delivered: 0, troubles: [] }
  readonly #fleet: Fleet
  readonly #contender: Contender
  readonly #stage: MediaStage

  constructor(fleet: Fleet, stage: MediaStage) {
    this.#fleet = fleet
    this.#contender = fleet.start()
    this.#stage = stage
  }

  /** Opens all and lets them talk; the RSS after that, from which on the peak counts. */
  async begin(): Promise<number> {
    this.#stage.onStep('opening')
    await this.#contender.openAll()
    await this.#contender.send(TEXTS)
    const { rss } = await this.#contender.probe.call('memory')
    await forgetPeak(await this.#contender.probe.call('pid'))
    return rss
  }

  async peak(): Promise<number> {
    return peakOf(await this.#contender.probe.call('pid'))
  }

  async end(): Promise<Integrity> {
    this.#stage.onStep('settling')
    await this.#contender.stop()
    this.integrity.troubles.push(...(await this.#stage.scene.world.remote.call('troubles')))
    return this.integrity
  }

  /** Sends files, and compares what contacts download. */
  async send(files: Sample[]): Promise<{ ms: number; cpuMs: number }> {
    const { server, scene } = this.#stage
    const { pairs } = this.#fleet
    const errands = files.map((sample, n) => ({
      pair: pairs[n % pairs.length]!,
      sample,
      url: server.urlOf(sample),
    }))
    const cpu = await this.#cpu()
    const begun = now()
    const acked = await this.#contender.sendFiles(errands)
    const ms = now() - begun
    await pause(TAIL_MS)
    const cpuMs = (await this.#cpu()) - cpu
    const { integrity } = this
    const { missing, doubled } = await scene.world.remote.call(
      'check',
      acked.map(({ id }) => id),
      LOST_MS,
    )
    for (const id of missing) integrity.troubles.push(`${id} was acked, and no contact decrypted it`)
    for (const id of doubled) integrity.troubles.push(`${id} was decrypted twice`)
    const hashes = await scene.world.remote.call(
      'hashes',
      acked.map(({ id }) => id),
    )
    const sent = new Map(files.map(sample => [sample.name, sample]))
    integrity.sent += files.length
    for (const [n, { id, name }] of acked.entries()) {
      if (hashes[n] === this.#stage.samples.sha256(sent.get(name)!)) integrity.decrypted++
      else integrity.troubles.push(`${id} was acked, and its file is not the one that was sent: ${hashes[n]}`)
    }
    return { ms, cpuMs }
  }

  /** Lets contacts send files, and compares what Laravel got. */
  async receive(files: Sample[]): Promise<{ latencies: number[]; cpuMs: number }> {
    const { scene, traffic, samples } = this.#stage
    const { world, laravel } = scene
    laravel.arrivals.clear()
    laravel.files.clear()
    const cpu = await this.#cpu()
    const said = await world.remote.call('sendFiles', this.#fleet.pairs, files, traffic.saidPerSecond)
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
