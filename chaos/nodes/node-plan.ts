import type { SeededRandom } from '../../simulator/seeded-random.ts'
import { NODE_POINTS, type NodePoint } from '../kill-points.ts'
import type { LaravelHealth } from '../laravel.ts'
import { FULL_DISKS, LASTING, OUTAGES, type Outage } from '../outages/outages.ts'

/** What befalls a node, or what all of them need. */
export const DEEDS = {
  kill: 'kill -9',
  term: 'SIGTERM',
  stop: 'SIGSTOP',
  'cut-database': 'its connections to PostgreSQL cut',
  'hold-database': 'nothing arrives between it and PostgreSQL',
  'cut-redis': 'its connections to Redis cut',
  'hold-redis': 'nothing arrives between it and Redis',
  'redis-killed': 'Redis killed',
  'redis-flushed': 'Redis flushed',
  'postgres-restarted': 'PostgreSQL restarted',
  'postgres-crashed': 'PostgreSQL crashes',
  ...OUTAGES,
} as const
export type Deed = keyof typeof DEEDS

export interface NodeRound {
  number: number
  /** Whom it befalls, from 0. */
  node: number
  deed: Deed
  /** Null: at once. Only for what a process can do to itself. */
  point: NodePoint | null
  /** How long what can end lasts, in ms; for a process that is gone, until it is started again. */
  lastsMs: number
  /** Between its end and the next round, in ms. */
  restMs: number
  health: LaravelHealth
}

export const isOutage = (deed: Deed): deed is Outage => deed in OUTAGES

const BY_ITSELF: readonly Deed[] = ['kill', 'stop']

export interface NodePlanOptions {
  nodes: number
  rounds: number
  /** How long a node is held by SIGSTOP, and how long PostgreSQL takes no writes. */
  stopMs: number
  outageMs: number
  /** Disks of PostgreSQL are full; then there is no standby to fail over to. */
  diskFull: boolean
  /** Every other round, the first included, holds a node away from PostgreSQL for so long: what befalls who has no fence. Null: as it comes. */
  awayMs: number | null
}

/** The whole run, decided by the seed before it begins: every deed comes up once in as many rounds as there are. */
export function planNodeRounds(
  { nodes, rounds, stopMs, outageMs, diskFull, awayMs }: NodePlanOptions,
  random: SeededRandom,
): NodeRound[] {
  const left: readonly Deed[] = diskFull ? ['failOver'] : FULL_DISKS
  const deeds = (Object.keys(DEEDS) as Deed[]).filter(deed => !left.includes(deed))
  const lasts = (deed: Deed): number | null => {
    if (deed === 'stop') return stopMs
    return LASTING.some(one => one === deed) ? outageMs : null
  }
  const points = Object.keys(NODE_POINTS) as NodePoint[]
  return Array.from({ length: rounds }, (_, i): NodeRound => {
    const isAway = awayMs !== null && i % 2 === 0
    const deed = isAway
      ? 'hold-database'
      : random.shuffled(deeds, 'deeds', Math.floor(i / deeds.length))[i % deeds.length]!
    const number = i + 1
    const atPoint = BY_ITSELF.includes(deed) && random.share('at a point', number) < 0.7
    return {
      number,
      node: random.between(0, nodes - 1, 'node', number),
      deed,
      point: atPoint ? random.pick(points, 'point', number) : null,
      lastsMs: isAway ? awayMs : (lasts(deed) ?? random.between(500, 12_000, 'lasts', number)),
      restMs: random.between(500, 4_000, 'rest', number),
      health: random.pick<LaravelHealth>(['fair', 'fair', 'rough', 'away'], 'weather', number),
    }
  })
}

/** For people. */
export function describeNodeRound({ node, deed, point, lastsMs }: NodeRound): string {
  const when = point === null ? '' : ` ${NODE_POINTS[point]}`
  const isForAll = isOutage(deed) || deed.startsWith('redis') || deed.startsWith('postgres')
  const what = isForAll ? '' : `node ${node + 1}: `
  return `${what}${DEEDS[deed]}${when}, for ${(lastsMs / 1000).toFixed(1)} s`
}
