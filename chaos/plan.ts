import type { Dice } from './dice.ts'
import type { Weather } from './laravel.ts'
import type { Fate, Signal } from './manager.ts'
import { POINT_NAMES, POINTS, type Point } from './points.ts'

export interface Options {
  sessions: number
  rounds: number
  mode: Fate['mode']
  signal: Signal | 'mixed'
  /** Every third round finds the disk full. */
  diskFull: boolean
  /** Every session is in a group with its contacts, too. */
  groups: boolean
  /** Named points; without them all deaths come at random moments. */
  points: readonly Point[]
}

/** What will happen in one round. */
export interface Round {
  number: number
  signal: Signal
  /** Null: at a moment of its own, told by `lastsMs`. */
  point: Point | null
  passage: number
  /** Passages count from the start (0), or from so many ms after the manager listened. */
  afterMs: number
  /** From listening, in ms; a point that was not reached by then is not counted. */
  lastsMs: number
  /** Whether that time begins when all sessions are open, or when the manager listens. */
  fromOpen: boolean
  weather: Weather
  /** See `Fate`. */
  pagesLeft: number | null
  /** What Redis suffers, if there is one: in the middle of the round, or while nobody is there. */
  redis: 'nothing' | 'killed' | 'flushed'
  redisWhen: 'during' | 'after'
  /** How long nobody is there afterwards, in ms. */
  deadMs: number
}

const POINT_MS = 12_000
const FULL_MS = 20_000
const LATEST_PASSAGE = 40

/** The whole run, decided by the dice before it begins. Every point comes up once in as many rounds as there are points, plus one. */
export function planRounds(options: Options, dice: Dice): Round[] {
  const ways: (Point | null)[] = [null, ...options.points]
  return Array.from({ length: options.rounds }, (_, i): Round => {
    const number = i + 1
    const cycle = dice.shuffled(ways, 'ways', Math.floor(i / ways.length))
    const full = options.diskFull && number % 3 === 0
    const point = full ? null : cycle[i % ways.length]!
    const { signal } = options
    // Nobody posts much to a Laravel that is away.
    const posts = point === 'before-post' || point === 'after-post'
    const weathers = posts ? (['fair', 'rough'] as const) : (['fair', 'fair', 'rough', 'away'] as const)
    return {
      number,
      signal: signal === 'mixed' ? dice.pick(['SIGKILL', 'SIGTERM'] as const, 'signal', number) : signal,
      point,
      passage: 1 + Math.floor(LATEST_PASSAGE * dice.share('passage', number) ** 2),
      // Half of them die in the middle of what waited for them, the others in the middle of everything.
      afterMs: dice.share('early', number) < 0.5 ? 0 : dice.between(1000, 5000, 'after', number),
      lastsMs: full ? FULL_MS : point === null ? dice.between(1000, 4000, 'lasts', number) : POINT_MS,
      fromOpen: !full && dice.share('from open', number) < 0.5,
      weather: full ? 'fair' : dice.pick<Weather>(weathers, 'weather', number),
      pagesLeft: full ? dice.between(4, 40, 'pages', number) : null,
      redis: dice.pick(['nothing', 'killed', 'flushed'] as const, 'redis', number),
      redisWhen: dice.pick(['during', 'after'] as const, 'redis when', number),
      deadMs: dice.between(0, 1000, 'dead', number),
    }
  })
}

/** How a round is meant to end, for people. */
export function inWords({ signal, point, passage, afterMs, pagesLeft }: Round): string {
  if (pagesLeft !== null) return `disk full, then ${signal}`
  if (point === null) return `${signal} at random`
  const since = afterMs === 0 ? '' : ` after ${(afterMs / 1000).toFixed(1)} s`
  return `${signal} ${POINTS[point]}, the ${passage}. time${since}`
}

export const ALL_POINTS: readonly Point[] = POINT_NAMES
