import { judged, type Row } from '../rows.ts'
import { median, quantile } from '../statistics.ts'
import type { Target } from '../targets.ts'
import type { ImageFigures, VideoFigures } from './measure-media.ts'

const MB = 1024 * 1024
const LIMIT = 40

const lessThan = (limit: number, unit: string): Target => ({
  text: `< ${limit} ${unit}`,
  reached: value => value < limit,
})

/** One contender's processes. */
export interface MediaRuns {
  images: ImageFigures[]
  out: VideoFigures[]
  in: VideoFigures[]
}

/** Rows of the table for processes with files; memory is that of the worst. */
export function mediaRows(
  runs: Record<'manager' | 'plain', MediaRuns>,
  { imageBytes, videoBytes }: { imageBytes: number; videoBytes: number },
): Row[] {
  const image = `${imageBytes / MB} MB image`
  const video = `${videoBytes / MB} MB video`
  const row = (name: string, unit: string, of: (runs: MediaRuns) => number, target: Target | null = null) => {
    const values = { manager: of(runs.manager), plain: of(runs.plain) }
    return judged({ name, unit, values }, values.manager / values.plain, values.manager, target)
  }
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
  return ({ images }: MediaRuns) => median(images.map(run => run[what]))
}

/** The middle of each process's own quantile. */
function inbound(share: number) {
  return ({ images }: MediaRuns) => median(images.map(run => quantile(run.inbound, share)))
}

function worst(what: keyof MediaRuns) {
  return (runs: MediaRuns) => Math.max(...runs[what].map(({ growth }) => growth)) / MB
}
