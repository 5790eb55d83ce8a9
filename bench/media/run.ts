import { command } from '../../command-line/command.ts'
import { optionsOf } from '../../command-line/command-line.ts'
import { flag, textOr, wholeNumber } from '../../command-line/options.ts'
import type { Environment } from '../environment/environment.ts'
import { FileServer } from '../environment/file-server.ts'
import { enrollSessions, linkSessions } from '../environment/session-sets.ts'
import { table, total } from '../report.ts'
import { machine, nodeFlags, runBenchmark } from '../run-benchmark.ts'
import { loadSamples } from '../traffic/sample-files.ts'
import {
  type ImageFigures,
  type MediaOptions,
  type MediaTraffic,
  measureImages,
  measureVideo,
} from './measure-media.ts'
import { type MediaRuns, mediaRows } from './report-media.ts'

/** The manager and a plain loop of Baileys sockets, side by side on one simulator, with images and large videos both ways. */

const MB = 1024 * 1024
const CONTENDERS = ['manager', 'plain'] as const

const values = optionsOf(
  command({
    run: 'npm run bench:media',
    does: 'The manager and a plain loop of Baileys sockets, side by side on one simulator, with images of 1 MB and large videos both ways: CPU an image, and memory.',
    options: {
      sessions: wholeNumber('linked sessions of each contender', { default: 5 }),
      images: wholeNumber('of 1 MB each, so many out and so many in, in each round', { default: 100 }),
      'video-mb': wholeNumber('size of the videos', { default: 64, unit: 'MB' }),
      rounds: wholeNumber('how often each contender is measured, in turn', { default: 2 }),
      json: flag('figures instead of a table'),
      'node-flags': textOr('FLAGS', '', 'of Node, for every process under test'),
    },
    examples: [
      ['', 'the whole table'],
      ['--images 10 --video-mb 8 --rounds 1', 'a quick look'],
    ],
    notes:
      'With REDIS_URL the deliveries go through that Redis. Exit code 1: a file was lost or changed, or the benchmark could not finish.',
  }),
)

const samples = await loadSamples()
const server = new FileServer(samples)

await runBenchmark(
  async (benchmark, progress) => {
    const { sessions, images, rounds } = values
    const traffic: MediaTraffic = {
      warmUp: 2 * sessions,
      images,
      imageBytes: MB,
      saidPerSecond: 5,
      videoBytes: values['video-mb'] * MB,
    }
    await server.listen()
    const environment = await benchmark.open(progress, nodeFlags(values['node-flags']), {
      redisUrl: process.env.REDIS_URL || null,
    })
    const runs = await compare(environment, sessions, rounds, traffic)
    const rows = mediaRows(runs, traffic)
    const integrity = { manager: totalOf(runs.manager), plain: totalOf(runs.plain) }
    const title = `${images} images out and in, ${sessions} sessions, ${rounds} rounds, ${machine()}, ${progress.seconds()} s`
    const figures = { sessions, rounds, traffic, node: process.versions.node, rows, integrity, lives: runs }
    return {
      text: values.json ? JSON.stringify(figures, null, 2) : table(title, rows, integrity),
      troubles: [...integrity.manager.troubles, ...integrity.plain.troubles],
    }
  },
  () => server.close(),
)

/** Both in turn, round after round, each time in a fresh process. */
async function compare(environment: Environment, sessions: number, rounds: number, traffic: MediaTraffic) {
  const { progress } = environment
  const sessionSets = {
    manager: await linkSessions(environment, sessions, 1),
    plain: await enrollSessions(environment, sessions, 2, 'memory'),
  }
  const runs: Record<(typeof CONTENDERS)[number], MediaRuns> = {
    manager: { images: [], out: [], in: [] },
    plain: { images: [], out: [], in: [] },
  }
  for (let round = 1; round <= rounds; round++) {
    for (const contender of round % 2 === 1 ? CONTENDERS : CONTENDERS.toReversed()) {
      const sessionSet = sessionSets[contender]
      const title = `round ${round} of ${rounds}, ${contender}`
      const options = (what: string): MediaOptions => ({
        environment,
        server,
        samples,
        traffic,
        name: `${contender}-${round}-${what}`,
        onStep: step => progress.show(`${title}: ${step}`),
      })
      const own = runs[contender]
      own.images.push(await measureImages(sessionSet, options('images')))
      progress.say(`${title}: ${summary(own.images.at(-1)!)}`)
      for (const direction of ['out', 'in'] as const) {
        own[direction].push(await measureVideo(sessionSet, options(direction), direction))
        progress.say(`${title}: a video ${direction}, RSS over idle ${mb(own[direction].at(-1)!.growth)}`)
      }
    }
  }
  return runs
}

function summary({ cpuPerImageOut, cpuPerImageIn, growth }: ImageFigures): string {
  return `images, ${cpuPerImageOut.toFixed(0)} ms CPU each out, ${cpuPerImageIn.toFixed(0)} ms in, RSS over idle ${mb(growth)}`
}

function totalOf({ images, out, in: inn }: MediaRuns) {
  return total([...images, ...out, ...inn])
}

function mb(bytes: number): string {
  return `${(bytes / MB).toFixed(1)} MB`
}
