import type { SeededRandom } from '../simulator/seeded-random.ts'
import { KILL_POINTS, type KillPoint } from './kill-points.ts'
import type { LaravelHealth } from './laravel.ts'
import type { ProcessOptions, Signal } from './manager-program.ts'
import { FULL_DISKS, LASTING, OUTAGES, type Outage } from './outages/outages.ts'

export interface Options {
  sessions: number
  rounds: number
  mode: ProcessOptions['mode']
  signal: Signal | 'mixed'
  /** Every third round finds the disk full. */
  diskFull: boolean
  /** Every session is in a group with its contacts, too. */
  groups: boolean
  /** Faults of WhatsApp strike meanwhile. */
  storm: boolean
  /** Named points; without them the manager is killed at random moments. */
  points: readonly KillPoint[]
  /** The store is a server: every fourth round is one in which it takes no writes for a while. */
  postgres: boolean
  /** For how long, in ms. */
  outageMs: number
}

/** What will happen in one round. */
export interface Round {
  number: number
  signal: Signal
  /** Null: at a moment of its own, told by `lastsMs`. */
  point: KillPoint | null
  occurrence: number
  /** Occurrences count from the start (0), or from so many ms after the manager listened. */
  afterMs: number
  /** From listening, in ms; a point that was not reached by then is not counted. */
  lastsMs: number
  /** Whether that time begins when all sessions are open, or when the manager listens. */
  fromOpen: boolean
  health: LaravelHealth
  /** See `LifeOptions`. */
  pagesLeft: number | null
  /** What happens to Redis, if there is one: during the round, or while no manager runs. */
  redis: 'nothing' | 'killed' | 'flushed'
  redisWhen: 'during' | 'after'
  /** What happens to PostgreSQL meanwhile, if there is one. */
  postgres: 'nothing' | 'restarted' | 'crashed' | 'backendKilled' | 'cut'
  /** What the manager has to live through before it is ended, if anything, and for how long it lasts, in ms. */
  outage: Outage | null
  outageMs: number
  /** How long no manager runs afterwards, in ms. */
  downMs: number
}

const POINT_MS = 12_000
const FULL_MS = 20_000
const LATEST_OCCURRENCE = 40
/** A full disk lasts so much shorter: it is not waited for by anybody but us. */
const FULL_DISK_MS = 10_000
/** Every so many rounds, and which one of them. */
const OUTAGE_ROUND = { of: 4, is: 2 }

/** The whole run, decided by the seed before it begins. Every point comes up once in as many rounds as there are points, plus one. */
export function planRounds(options: Options, random: SeededRandom): Round[] {
  const pointsAndNone: (KillPoint | null)[] = [null, ...options.points]
  const numbers = Array.from({ length: options.rounds }, (_, i) => i + 1)
  const outages = numbers.filter(number => outageOf(options, number, random) !== null)
  return numbers.map((number, i): Round => {
    // A round with an outage takes no point's turn.
    const turn = i - outages.filter(outage => outage <= i).length
    const cycle = random.shuffled(pointsAndNone, 'ways', Math.floor(turn / pointsAndNone.length))
    const isFull = options.diskFull && number % 3 === 0
    const full = isFull && !options.postgres
    const outage = outageOf(options, number, random)
    const point = full || outage !== null ? null : cycle[turn % pointsAndNone.length]!
    const { signal } = options
    // Nobody posts much to a Laravel that is away.
    const posts = point === 'before-post' || point === 'after-post'
    const choices = posts ? (['fair', 'rough'] as const) : (['fair', 'fair', 'rough', 'away'] as const)
    return {
      number,
      signal: signal === 'mixed' ? random.pick(['SIGKILL', 'SIGTERM'] as const, 'signal', number) : signal,
      point,
      occurrence: 1 + Math.floor(LATEST_OCCURRENCE * random.share('passage', number) ** 2),
      // Half of them are killed while they work off what waited for them, the others while everything happens.
      afterMs: random.share('early', number) < 0.5 ? 0 : random.between(1000, 5000, 'after', number),
      lastsMs: full ? FULL_MS : point === null ? random.between(1000, 4000, 'lasts', number) : POINT_MS,
      // In a storm nobody knows when all of them are.
      fromOpen: !full && !options.storm && (outage !== null || random.share('from open', number) < 0.5),
      health: full ? 'fair' : random.pick<LaravelHealth>(choices, 'weather', number),
      pagesLeft: full ? random.between(4, 40, 'pages', number) : null,
      redis: random.pick(['nothing', 'killed', 'flushed'] as const, 'redis', number),
      redisWhen: random.pick(['during', 'after'] as const, 'redis when', number),
      postgres: random.pick(
        ['nothing', 'restarted', 'crashed', 'backendKilled', 'cut'] as const,
        'postgres',
        number,
      ),
      outage,
      outageMs: isFull ? Math.min(FULL_DISK_MS, options.outageMs) : options.outageMs,
      downMs: random.between(0, 1000, 'dead', number),
    }
  })
}

/** A server with a standby has no small disks, and the other way round: read-only may be both. */
function outageOf({ postgres, diskFull }: Options, number: number, random: SeededRandom): Outage | null {
  if (!postgres) return null
  const isFull = diskFull && number % 3 === 0
  if (!isFull && number % OUTAGE_ROUND.of !== OUTAGE_ROUND.is) return null
  if (diskFull && !isFull) return 'readOnly'
  const all = isFull ? FULL_DISKS : LASTING
  const turn = isFull ? number / 3 - 1 : Math.floor(number / OUTAGE_ROUND.of)
  return random.shuffled(all, 'outages', Math.floor(turn / all.length))[turn % all.length]!
}

/** How a round is meant to end, for people. */
export function describeRound(round: Round): string {
  const { signal, point, occurrence, afterMs, pagesLeft, outage, outageMs } = round
  if (outage !== null) return `${OUTAGES[outage]} for ${(outageMs / 1000).toFixed(0)} s, then ${signal}`
  if (pagesLeft !== null) return `disk full, then ${signal}`
  if (point === null) return `${signal} at random`
  const since = afterMs === 0 ? '' : ` after ${(afterMs / 1000).toFixed(1)} s`
  return `${signal} ${KILL_POINTS[point]}, the ${occurrence}. time${since}`
}
