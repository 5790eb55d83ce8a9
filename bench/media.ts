import { parseArgs } from 'node:util'
import { whole } from '../harness/flags.ts'
import { CONTENDERS, type Name } from './compare.ts'
import { conduct, machine, nodeFlags } from './conduct.ts'
import { FileServer } from './file-server.ts'
import { enrollFleet, linkFleet, type Scene } from './fleets.ts'
import {
  type ImageFigures,
  type MediaStage,
  type MediaTraffic,
  measureImages,
  measureVideo,
} from './media-measure.ts'
import { type MediaLives, mediaRows } from './media-report.ts'
import { table, total } from './report.ts'
import { loadSamples } from './samples.ts'

/** The manager and a plain loop of Baileys sockets, side by side on one simulator, with images and large videos both ways. */

const MB = 1024 * 1024

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '5' },
    /** So many out and so many in, of 1 MB each, in each round. */
    images: { type: 'string', default: '100' },
    'video-mb': { type: 'string', default: '64' },
    rounds: { type: 'string', default: '2' },
    /** Print figures instead of a table. */
    json: { type: 'boolean', default: false },
    /** For every process under test. */
    'node-flags': { type: 'string', default: '' },
  },
})

const samples = await loadSamples()
const server = new FileServer(samples)

await conduct(
  async (venue, progress) => {
    const [sessions, images, rounds] = [
      whole(values, 'sessions'),
      whole(values, 'images'),
      whole(values, 'rounds'),
    ]
    const traffic: MediaTraffic = {
      warmUp: 2 * sessions,
      images,
      imageBytes: MB,
      saidPerSecond: 5,
      videoBytes: whole(values, 'video-mb') * MB,
    }
    await server.listen()
    const scene = await venue.open(progress, nodeFlags(values['node-flags']))
    const lives = await compare(scene, sessions, rounds, traffic)
    const rows = mediaRows(lives, traffic)
    const integrity = { manager: allOf(lives.manager), plain: allOf(lives.plain) }
    const title = `${images} images out and in, ${sessions} sessions, ${rounds} rounds, ${machine()}, ${progress.seconds()} s`
    const figures = { sessions, rounds, traffic, node: process.versions.node, rows, integrity, lives }
    return {
      text: values.json ? JSON.stringify(figures, null, 2) : table(title, rows, integrity),
      troubles: [...integrity.manager.troubles, ...integrity.plain.troubles],
    }
  },
  () => server.close(),
)

/** Both in turn, round after round, each time in a fresh process. */
async function compare(scene: Scene, sessions: number, rounds: number, traffic: MediaTraffic) {
  const { progress } = scene
  const fleets = {
    manager: await linkFleet(scene, sessions, 1),
    plain: await enrollFleet(scene, sessions, 2),
  }
  const lives: Record<Name, MediaLives> = {
    manager: { images: [], out: [], in: [] },
    plain: { images: [], out: [], in: [] },
  }
  for (let round = 1; round <= rounds; round++) {
    for (const contender of round % 2 === 1 ? CONTENDERS : CONTENDERS.toReversed()) {
      const fleet = fleets[contender]
      const title = `round ${round} of ${rounds}, ${contender}`
      const stage = (what: string): MediaStage => ({
        scene,
        server,
        samples,
        traffic,
        name: `${contender}-${round}-${what}`,
        onStep: step => progress.show(`${title}: ${step}`),
      })
      const own = lives[contender]
      own.images.push(await measureImages(fleet, stage('images')))
      progress.say(`${title}: ${inWords(own.images.at(-1)!)}`)
      for (const direction of ['out', 'in'] as const) {
        own[direction].push(await measureVideo(fleet, stage(direction), direction))
        progress.say(`${title}: a video ${direction}, RSS over idle ${mb(own[direction].at(-1)!.growth)}`)
      }
    }
  }
  return lives
}

function inWords({ cpuPerImageOut, cpuPerImageIn, growth }: ImageFigures): string {
  return `images, ${cpuPerImageOut.toFixed(0)} ms CPU each out, ${cpuPerImageIn.toFixed(0)} ms in, RSS over idle ${mb(growth)}`
}

function allOf({ images, out, in: inn }: MediaLives) {
  return total([...images, ...out, ...inn])
}

function mb(bytes: number): string {
  return `${(bytes / MB).toFixed(1)} MB`
}
