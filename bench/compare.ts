import { CONTENDERS, type ContenderName, type SessionSet } from './contenders/contender.ts'
import type { BenchmarkEnvironment, Environment } from './environment/environment.ts'
import { addGroups, enrollSessions, linkSessions, onRedis } from './environment/session-sets.ts'
import type { Figures, IdleFigures } from './figures.ts'
import { measure, measureIdle } from './measure.ts'
import { type AcceptedSends, measureAccepted } from './measure-accepted.ts'
import type { Membership } from './traffic/pair.ts'
import { GROUPS, trafficOf } from './traffic/plan.ts'

export interface Plan {
  sessions: number
  /** The smaller number, from which memory's slope begins. */
  few: number
  rounds: number
  contenders: readonly ContenderName[]
  /** Sent in a round, by each contender; all else is in proportion. */
  texts: number
  /** How long a process settles, and is then watched, with nothing to do, in ms each. */
  idleMs: number
}

/** What one contender showed, round by round. */
export interface Runs {
  /** With few sessions that do nothing; only where memory's slope is asked for. */
  few: IdleFigures[]
  all: Figures[]
}

export interface Comparison {
  runs: Partial<Record<ContenderName, Runs>>
  durable: AcceptedSends[]
}

/** Whose memory is asked for with few sessions, too. */
const SLOPES: readonly ContenderName[] = ['manager', 'plain']

/** Every contender round after round, each time in fresh processes. */
export async function compare(
  benchmark: BenchmarkEnvironment,
  environment: Environment,
  { sessions, few, rounds, contenders: wanted, texts, idleMs }: Plan,
): Promise<Comparison> {
  const traffic = trafficOf({ texts, idleMs })
  const fewSets: Partial<Record<ContenderName, SessionSet>> = {}
  const allSets: Partial<Record<ContenderName, SessionSet>> = {}
  if (wanted.includes('manager') || wanted.includes('redis')) {
    const linked = await linkSessions(environment, sessions, 2)
    const redis = wanted.includes('redis') ? await benchmark.openRedis(environment) : null
    if (wanted.includes('manager')) {
      allSets.manager = linked
      fewSets.manager = await linkSessions(environment, few, 1)
    }
    if (redis !== null) allSets.redis = onRedis(environment, linked, redis)
    else if (wanted.includes('redis')) environment.progress.say('no redis-server in the PATH: left out')
  }
  if (wanted.includes('careful')) allSets.careful = await enrollSessions(environment, sessions, 5, 'database')
  if (wanted.includes('plain')) {
    allSets.plain = await enrollSessions(environment, sessions, 4, 'memory')
    fewSets.plain = await enrollSessions(environment, few, 3, 'memory')
  }
  const contenders = CONTENDERS.filter(name => allSets[name] !== undefined)
  const memberships = new Map<ContenderName, Membership[]>()
  for (const name of contenders) {
    const known = name === 'redis' ? memberships.get('manager') : undefined
    memberships.set(
      name,
      known ?? (await addGroups(environment, allSets[name]!.pairs, GROUPS, traffic.members)),
    )
  }

  const comparison: Comparison = { runs: {}, durable: [] }
  for (const name of contenders) comparison.runs[name] = { few: [], all: [] }
  for (let round = 1; round <= rounds; round++) {
    // In turn, so that what slows the machine slows all.
    for (const name of round % 2 === 1 ? contenders.toReversed() : contenders) {
      if (SLOPES.includes(name) && fewSets[name]) {
        const contender = fewSets[name].start()
        comparison.runs[name]!.few.push(await measureIdle(contender, few, idleMs))
        await contender.stop()
      }
      comparison.runs[name]!.all.push(await measureOne(name, round))
    }
    if (allSets.manager)
      comparison.durable.push(await measureAccepted(environment, allSets.manager, traffic.accepted))
  }
  return comparison

  async function measureOne(name: ContenderName, round: number): Promise<Figures> {
    const title = `round ${round} of ${rounds}, ${sessions} sessions, ${name}`
    const figures = await measure(allSets[name]!, {
      simulator: environment.simulator.remote,
      laravel: environment.laravel,
      traffic,
      memberships: memberships.get(name)!,
      onStep: step => environment.progress.show(`${title}: ${step}`),
    })
    environment.progress.say(`${title}: ${summary(figures)}`)
    return figures
  }
}

function summary({ idle, sent, received, sentToGroups }: Figures): string {
  const shares = Object.entries(sent.threads)
    .filter(([, ms]) => ms >= 0.05)
    .map(([name, ms]) => `${name} ${ms.toFixed(1)}`)
  return [
    `${(idle.rss / 1024 / 1024).toFixed(0)} MB`,
    `out ${sent.cpu.toFixed(2)} ms (${shares.join(', ')})`,
    `${sent.perSecond.toFixed(0)}/s`,
    `in ${received.cpu.toFixed(2)} ms`,
    `group ${sentToGroups.cpu.toFixed(1)} ms`,
  ].join(', ')
}
