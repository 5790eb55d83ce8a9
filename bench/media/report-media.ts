import { plainRow, type Row, type Target } from '../report.ts'
import { median, quantile } from '../statistics.ts'
import type { ImageFigures, VideoFigures } from './measure-media.ts'

const MB = 1024 * 1024
const LIMIT = 40

const lessThan = (limit: number, unit: string): Target => ({
  text: `< ${limit} ${unit}`,
  reached: (_ratio, manager) => manager < limit,
})

/** One contender's lives. */
export interface MediaLives {
  images: ImageFigures[]
  out: VideoFigures[]
  in: VideoFigures[]
}

/** Rows of the table for lives with files; memory is that of the worst life. */
export function mediaRows(
  lives: Record<'manager' | 'plain', MediaLives>,
  { imageBytes, videoBytes }: { imageBytes: number; videoBytes: number },
): Row[] {
  const image = `${imageBytes / MB} MB image`
  const video = `${videoBytes / MB} MB video`
  const row = (name: string, unit: string, of: (lives: MediaLives) => number, target?: Target) =>
    plainRow({ name, unit, manager: of(lives.manager), plain: of(lives.plain) }, target)
  return [
    row(`CPU per ${image} out`, 'ms', middle('cpuPerImageOut')),
    row('images acked a second', '', middle('imagesPerSecond')),
    row(`CPU per ${image} in`, 'ms', middle('cpuPerImageIn')),
    row('inbound to bytes at Laravel p50', 'ms', inbound(0.5)),
    row('inbound to bytes at Laravel p99', 'ms', inbound(0.99)),
    row('RSS over idle, images', 'MB', worst('images')),
    row(`RSS over idle, ${video} out`, 'MB', worst('out'), lessThan(LIMIT, 'MB')),
    row(`RSS over idle, ${video} in`, 'MB', worst('in'), lessThan(LIMIT, 'MB')),
  ]
}

function middle(what: 'cpuPerImageOut' | 'imagesPerSecond' | 'cpuPerImageIn') {
  return ({ images }: MediaLives) => median(images.map(life => life[what]))
}

/** The middle of each life's own quantile. */
function inbound(share: number) {
  return ({ images }: MediaLives) => median(images.map(life => quantile(life.inbound, share)))
}

function worst(what: keyof MediaLives) {
  return (lives: MediaLives) => Math.max(...lives[what].map(({ growth }) => growth)) / MB
}
