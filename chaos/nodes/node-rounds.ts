import { setTimeout as pause } from 'node:timers/promises'
import type { ChaosEnvironment } from '../environment.ts'
import type { NodePoint } from '../kill-points.ts'
import { befallPostgres } from '../outages/outages.ts'
import type { RestartableManager } from '../restartable-manager.ts'
import { allOnline, OPEN_MS } from './all-online.ts'
import type { Fleet, FleetNode } from './fleet.ts'
import { type Deed, describeNodeRound, isOutage, type NodeRound } from './node-plan.ts'

/** From when until when a process was held by SIGSTOP, in ms since 1970. */
export interface Held {
  from: number
  to: number
}

export interface NodeResults {
  held: Held[]
  /** Named points that were reached. */
  reached: number
  missed: number
  troubles: string[]
}

const POINT_MS = 15_000
const POLL_MS = 20
/** A node that stops at its hand-over is told to hand over. */
const HANDS_OVER: NodePoint = 'before-release'
const CLAIMS: readonly NodePoint[] = ['before-claim', 'after-claim']

/** Lets one thing after the other befall the nodes, while everybody writes. */
export async function runNodeRounds(
  environment: ChaosEnvironment<Fleet>,
  rounds: NodeRound[],
): Promise<NodeResults> {
  const results: NodeResults = { held: [], reached: 0, missed: 0, troubles: [] }
  const { laravel, progress, callers } = environment
  for (const round of rounds) {
    // In mid-run every machine is set to another time, while it runs.
    if (round.number === Math.ceil(rounds.length / 2) && environment.manager.setClocks('changed'))
      progress.say('the clocks of the second and the third node change places')
    const title = `round ${String(round.number).padStart(String(rounds.length).length)} of ${rounds.length}`
    const [posts, sends] = [laravel.posts.length, callers.sends.length]
    progress.show(`${title}: ${describeNodeRound(round)}`)
    laravel.health = round.health
    const missed = await befall(environment, round, results)
    await pause(round.restMs)
    const figures = [
      `posted ${laravel.posts.length - posts}`,
      `sends ${callers.sends.length - sends}`,
      `Laravel ${round.health}`,
      ...(missed ? [`${round.point} did not come`] : []),
    ]
    progress.say(`${title}: ${describeNodeRound(round).padEnd(68)} ${figures.join(', ')}`)
  }
  return results
}

/** True: the moment that was waited for did not come. */
async function befall(
  environment: ChaosEnvironment<Fleet>,
  round: NodeRound,
  results: NodeResults,
): Promise<boolean> {
  const { manager: fleet, redis, postgres } = environment
  const node = fleet.nodes[round.node]!
  if (isOutage(round.deed)) {
    await befallPostgres(postgres!, round.deed, round.lastsMs)
    const offline = await allOnline(environment)
    if (offline > 0)
      results.troubles.push(
        `round ${round.number}: ${offline} sessions were not open again ${OPEN_MS / 1000} s after PostgreSQL`,
      )
    return false
  }
  const wires: Partial<Record<Deed, () => void>> = {
    'cut-database': () => node.database.set('cut'),
    'hold-database': () => node.database.set('held'),
    'cut-redis': () => node.redis.set('cut'),
    'hold-redis': () => node.redis.set('held'),
  }
  const servers: Partial<Record<Deed, () => Promise<void> | undefined>> = {
    'redis-killed': () => redis?.kill(round.lastsMs),
    'redis-flushed': () => redis?.flush(),
    'postgres-restarted': () => postgres?.restart('fast', round.lastsMs),
    'postgres-crashed': () => postgres?.restart('immediate', round.lastsMs),
  }
  if (wires[round.deed]) {
    wires[round.deed]!()
    await pause(round.lastsMs)
    node.database.set('well')
    node.redis.set('well')
    return false
  }
  if (servers[round.deed]) {
    await servers[round.deed]!()
    return false
  }
  return endOrHold(environment, node, round, results)
}

async function endOrHold(
  { manager: fleet, mode }: ChaosEnvironment<Fleet>,
  node: FleetNode,
  { deed, point, lastsMs, number }: NodeRound,
  results: NodeResults,
): Promise<boolean> {
  const options = { mode, killAt: null, pagesLeft: null }
  const { manager } = node
  let missed = false
  let from = 0
  if (deed === 'term') {
    await manager.stop('SIGTERM')
    if (manager.ending !== 0)
      results.troubles.push(`round ${number}: the manager ended with ${manager.ending}:\n${manager.output}`)
  } else {
    const signal = deed === 'kill' ? 'SIGKILL' : 'SIGSTOP'
    const reachedAt = point !== null ? await atPoint(fleet, node, point, signal) : null
    missed = point !== null && reachedAt === null
    if (point !== null) results[missed ? 'missed' : 'reached']++
    from = reachedAt ?? Date.now()
    if (reachedAt === null) manager.signal(signal)
  }
  if (deed === 'stop') {
    node.isStopped = true
    await pause(lastsMs)
    manager.signal('SIGCONT')
    node.isStopped = false
    results.held.push({ from, to: Date.now() })
  } else {
    await manager.stop('SIGKILL')
    await pause(lastsMs)
  }
  // Whoever was to hand over goes on with that, and ends; another one ended so that there was something to claim.
  if (point === HANDS_OVER && manager.running) await manager.stop('SIGTERM')
  await fleet.start(options)
  return missed
}

/** Has a node send itself a signal at a point, and sees to it that the point comes; resolves with when, or null if it did not for quite a while. */
async function atPoint(
  fleet: Fleet,
  node: FleetNode,
  point: NodePoint,
  signal: 'SIGKILL' | 'SIGSTOP',
): Promise<number | null> {
  const { manager } = node
  await manager.signalAt(point, signal)
  if (point === HANDS_OVER) manager.signal('SIGTERM')
  // What one node had is for another to claim, long before that one has ended.
  const other = CLAIMS.includes(point) ? fleet.nodes.find(one => one !== node) : undefined
  const ended = other?.manager.stop('SIGTERM')
  const isThere = () => (signal === 'SIGSTOP' ? isHeld(manager) : Promise.resolve(!manager.running))
  let reachedAt: number | null = null
  for (
    const deadline = Date.now() + POINT_MS;
    reachedAt === null && Date.now() < deadline;
    await pause(POLL_MS)
  )
    if (await isThere()) reachedAt = Date.now()
  await ended
  return reachedAt
}

const isHeld = async (manager: RestartableManager) => (await manager.processState()) === 'T'
