import { setTimeout as pause } from 'node:timers/promises'
import type { ChaosEnvironment } from './environment.ts'
import { liveThrough, saysItCannotStore } from './outages/live-through.ts'
import { describeRound, type Round } from './plan.ts'
import type { ProcessRun } from './records.ts'

/** What came of the rounds beside the messages. */
export interface RoundResults {
  processRuns: ProcessRun[]
  /** Named points that were reached. */
  reached: number
  missed: number
  /** Rounds with a full disk in which /health/ready said so. */
  full: number
  /** Rounds in which PostgreSQL took no writes for a while, and the manager lived through it. */
  outages: number
  troubles: string[]
}

const POLL_MS = 50
/** After the manager said that its disk is full. */
const FULL_FOR_MS = 1500

/** Starts and ends the manager, round after round, while everybody writes. */
export async function runRounds(environment: ChaosEnvironment, rounds: Round[]): Promise<RoundResults> {
  const results: RoundResults = { processRuns: [], reached: 0, missed: 0, full: 0, outages: 0, troubles: [] }
  for (const round of rounds) await runRound(environment, round, rounds.length, results)
  return results
}

async function runRound(
  environment: ChaosEnvironment,
  round: Round,
  of: number,
  results: RoundResults,
): Promise<void> {
  const { manager, laravel, simulator, callers, progress, mode } = environment
  const { signal, point, occurrence, afterMs, pagesLeft } = round
  const title = `round ${String(round.number).padStart(String(of).length)} of ${of}`
  const before = {
    said: (await simulator.remote.call('count')).said,
    sent: callers.sends.length,
    posts: laravel.posts.length,
  }
  progress.show(`${title}: ${describeRound(round)}`)
  laravel.health = round.health
  const from = Date.now()
  const killAt = point === null ? null : { point, occurrence, afterMs, signal }
  let full = false
  let redisDisturbed: Promise<void> = Promise.resolve()
  let postgresDisturbed: Promise<void> = Promise.resolve()
  try {
    await manager.start({ mode, killAt, pagesLeft })
    if (round.redisWhen === 'during') redisDisturbed = disturbRedis(environment, round)
    postgresDisturbed = disturbPostgres(environment, round)
    if (round.fromOpen) await allOpen(environment)
    if (round.outage !== null) {
      const { outage, outageMs } = round
      const allOpen = round.fromOpen
      const wrong = await liveThrough(environment, { outage, ms: outageMs, allOpen })
      results.troubles.push(...wrong.map(what => `round ${round.number}: ${describeRound(round)}: ${what}`))
      if (wrong.length === 0) results.outages++
    }
    if (pagesLeft === null) await manager.runsFor(round.lastsMs)
    else if (await saysItCannotStore(manager, round.lastsMs)) {
      full = true
      await manager.runsFor(FULL_FOR_MS)
    }
  } catch (error) {
    // A point that is reached before the manager listens ends it just as well.
    if (point === null) throw error
  }
  const endedItself = !manager.running
  await manager.stop(signal)
  const { ending } = manager
  const clean = endedItself && point !== null ? [signal, 0] : [signal === 'SIGTERM' ? 0 : 'SIGKILL']
  if (!clean.includes(ending ?? ''))
    results.troubles.push(`round ${round.number}: the manager ended with ${ending}:\n${manager.output}`)
  const end = describeEnd(round, endedItself, full)
  results.processRuns.push({ round: round.number, from, to: Date.now(), end })
  if (point !== null) results[endedItself ? 'reached' : 'missed']++
  if (full) results.full++
  else if (pagesLeft !== null) results.troubles.push(`round ${round.number}: a full disk was not told of`)
  await Promise.all([redisDisturbed, postgresDisturbed])
  if (round.redisWhen === 'after') await disturbRedis(environment, round)
  await pause(round.downMs)
  const { said } = await simulator.remote.call('count')
  const figures = [
    `said ${said - before.said}`,
    `posted ${laravel.posts.length - before.posts}`,
    `sends ${callers.sends.length - before.sent}`,
    `Laravel ${round.health}`,
    ...(environment.redis === null
      ? []
      : [`Redis ${round.redis === 'nothing' ? 'fine' : `${round.redis} ${round.redisWhen}`}`]),
    ...(environment.postgres === null
      ? []
      : [`PostgreSQL ${round.outage ?? (round.postgres === 'nothing' ? 'fine' : round.postgres)}`]),
  ]
  progress.say(`${title}: ${end.padEnd(68)} ${figures.join(', ')}`)
}

function describeEnd(round: Round, endedItself: boolean, full: boolean): string {
  if (round.pagesLeft !== null)
    return full ? describeRound(round) : `the disk was never full, then ${round.signal}`
  if (round.point === null || endedItself) return describeRound(round)
  return `${round.signal}; ${round.point} did not come ${round.occurrence} times`
}

/** Resolves when every session has logged in, or the process ended. */
export async function allOpen({
  manager,
  sessions,
}: Pick<ChaosEnvironment, 'manager' | 'sessions'>): Promise<void> {
  for (let open = 0; open < sessions.length && manager.running; ) {
    const answer = await manager.call('GET', '/stats').catch(() => null)
    open = (answer?.body.sessions as { activeSessions: number } | undefined)?.activeSessions ?? 0
    if (open < sessions.length) await pause(POLL_MS)
  }
}

/** Kills or flushes Redis as planned, a moment from now. */
async function disturbRedis({ redis }: ChaosEnvironment, round: Round): Promise<void> {
  if (redis === null || round.redis === 'nothing') return
  await pause(round.downMs)
  if (round.redis === 'killed') await redis.kill(round.downMs)
  else await redis.flush()
}

/** What was planned for PostgreSQL, a moment from now. */
async function disturbPostgres({ postgres }: ChaosEnvironment, round: Round): Promise<void> {
  if (postgres === null || round.outage !== null || round.postgres === 'nothing') return
  await pause(round.downMs)
  if (round.postgres === 'restarted') await postgres.restart('fast', round.downMs)
  else if (round.postgres === 'crashed') await postgres.restart('immediate', round.downMs)
  else if (round.postgres === 'backendKilled') await postgres.killBackend()
  else await postgres.cutConnections()
}
