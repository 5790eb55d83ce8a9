import { setTimeout as pause } from 'node:timers/promises'
import type { Child } from '../harness/child.ts'
import type { Progress } from '../harness/progress.ts'
import type { Life } from './books.ts'
import type { Callers } from './callers.ts'
import type { Laravel } from './laravel.ts'
import type { Fate } from './manager.ts'
import { inWords, type Round } from './plan.ts'
import type { OwnRedis } from './redis.ts'
import type { Service } from './service.ts'
import type { World } from './world.ts'

export interface Stage {
  world: Child<World>
  laravel: Laravel
  service: Service
  callers: Callers
  progress: Progress
  /** Null without --redis. */
  redis: OwnRedis | null
  mode: Fate['mode']
  sessions: number
}

/** What came of the rounds beside the messages. */
export interface Deaths {
  lives: Life[]
  /** Named points that were reached. */
  reached: number
  missed: number
  /** Rounds with a full disk in which /health/ready said so. */
  full: number
  troubles: string[]
}

const POLL_MS = 50
/** After the service said that its disk is full. */
const FULL_FOR_MS = 1500

/** Lets the manager live and die, round after round, while everybody talks. */
export async function runRounds(stage: Stage, rounds: Round[]): Promise<Deaths> {
  const deaths: Deaths = { lives: [], reached: 0, missed: 0, full: 0, troubles: [] }
  for (const round of rounds) await runRound(stage, round, rounds.length, deaths)
  return deaths
}

async function runRound(stage: Stage, round: Round, of: number, deaths: Deaths): Promise<void> {
  const { service, laravel, world, callers, progress, mode } = stage
  const { signal, point, passage, afterMs, pagesLeft } = round
  const title = `round ${String(round.number).padStart(String(of).length)} of ${of}`
  const before = {
    said: (await world.remote.call('count')).said,
    sent: callers.sends.length,
    posts: laravel.posts.length,
  }
  progress.show(`${title}: ${inWords(round)}`)
  laravel.weather = round.weather
  const from = Date.now()
  const death = point === null ? null : { point, passage, afterMs, signal }
  let full = false
  let disturbance: Promise<void> = Promise.resolve()
  try {
    await service.begin({ mode, death, pagesLeft })
    if (round.redisWhen === 'during') disturbance = disturb(stage, round)
    if (round.fromOpen) await allOpen(stage)
    if (pagesLeft === null) await service.lives(round.lastsMs)
    else full = await untilFull(service, round.lastsMs)
  } catch (error) {
    // A point that is reached before the manager listens ends it just as well.
    if (point === null) throw error
  }
  const byItself = !service.running
  await service.end(signal)
  const { ending } = service
  const clean = byItself && point !== null ? [signal, 0] : [signal === 'SIGTERM' ? 0 : 'SIGKILL']
  if (!clean.includes(ending ?? ''))
    deaths.troubles.push(`round ${round.number}: the manager ended with ${ending}:\n${service.output}`)
  const end = wordsFor(round, byItself, full)
  deaths.lives.push({ round: round.number, from, to: Date.now(), end })
  if (point !== null) deaths[byItself ? 'reached' : 'missed']++
  if (full) deaths.full++
  else if (pagesLeft !== null) deaths.troubles.push(`round ${round.number}: a full disk was not told of`)
  await disturbance
  if (round.redisWhen === 'after') await disturb(stage, round)
  await pause(round.deadMs)
  const { said } = await world.remote.call('count')
  const figures = [
    `said ${said - before.said}`,
    `posted ${laravel.posts.length - before.posts}`,
    `sends ${callers.sends.length - before.sent}`,
    `Laravel ${round.weather}`,
    ...(stage.redis === null
      ? []
      : [`Redis ${round.redis === 'nothing' ? 'fine' : `${round.redis} ${round.redisWhen}`}`]),
  ]
  progress.say(`${title}: ${end.padEnd(68)} ${figures.join(', ')}`)
}

function wordsFor(round: Round, byItself: boolean, full: boolean): string {
  if (round.pagesLeft !== null) return full ? inWords(round) : `the disk was never full, then ${round.signal}`
  if (round.point === null || byItself) return inWords(round)
  return `${round.signal}; ${round.point} did not come ${round.passage} times`
}

/** Resolves when every session has logged in during this life, or the process ended. */
export async function allOpen({ service, sessions }: Pick<Stage, 'service' | 'sessions'>): Promise<void> {
  for (let open = 0; open < sessions && service.running; ) {
    const answer = await service.call('GET', '/stats').catch(() => null)
    open = (answer?.body.sessions as { activeSessions: number } | undefined)?.activeSessions ?? 0
    if (open < sessions) await pause(POLL_MS)
  }
}

/** Redis suffers what the plan says, a moment from now. */
async function disturb({ redis }: Stage, round: Round): Promise<void> {
  if (redis === null || round.redis === 'nothing') return
  await pause(round.deadMs)
  if (round.redis === 'killed') await redis.kill(round.deadMs)
  else await redis.flush()
}

/** True once the service said that it cannot store, a moment later; false if it never did. */
async function untilFull(service: Service, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms
  while (Date.now() < deadline && service.running) {
    const answer = await service.call('GET', '/health/ready').catch(() => null)
    const problems = String(answer?.body.problems ?? '')
    if (answer?.status === 503 && problems.includes('store')) {
      await service.lives(FULL_FOR_MS)
      return true
    }
    await pause(POLL_MS)
  }
  return false
}
