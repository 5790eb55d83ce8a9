import { CONTENDERS, type ContenderName, type SessionSet } from './contenders/contender.ts'
import type { Collector } from './environment/collector.ts'
import type { BenchmarkEnvironment, Environment } from './environment/environment.ts'
import { addGroups, enrollSessions, linkSessions, onRedis, traced } from './environment/session-sets.ts'
import type { Membership } from './traffic/pair.ts'
import { type Amounts, GROUPS, type Traffic } from './traffic/plan.ts'

export interface Plan extends Amounts {
  /** The smaller number, from which memory's slope begins. */
  few: number
  rounds: number
  contenders: readonly ContenderName[]
}

/** One contender's sessions, linked and ready to be opened by a fresh process. */
export interface Entrant {
  name: ContenderName
  all: SessionSet
  /** Where memory's slope is asked for: the smaller number. */
  few: SessionSet | null
  /** Groups of the first sessions. */
  memberships: Membership[]
}

const FIFTY = 50
/** With so many sessions it is asked whether a message costs more than with 50. */
const MANY = 250

/** Links what the contenders need; `fifty` are 50 sessions of the manager, where there are many more in all. */
export async function prepare(
  benchmark: BenchmarkEnvironment,
  environment: Environment,
  { sessions, few, contenders: wanted }: Plan,
  traffic: Traffic,
): Promise<{ entrants: Entrant[]; fifty: SessionSet | null; collector: Collector | null }> {
  const fewSets: Partial<Record<ContenderName, SessionSet>> = {}
  const allSets: Partial<Record<ContenderName, SessionSet>> = {}
  const ofManager: readonly ContenderName[] = ['manager', 'redis', 'traced']
  const collector = wanted.includes('traced') ? await benchmark.openCollector() : null
  if (wanted.some(name => ofManager.includes(name))) {
    const linked = await linkSessions(environment, sessions, 2)
    const redis = wanted.includes('redis') ? await benchmark.openRedis(environment) : null
    if (wanted.includes('manager')) {
      allSets.manager = linked
      fewSets.manager = await linkSessions(environment, few, 1)
    }
    if (collector !== null) allSets.traced = traced(environment, linked, collector.url)
    if (redis !== null) allSets.redis = onRedis(environment, linked, redis)
    else if (wanted.includes('redis')) environment.progress.say('no redis-server in the PATH: left out')
  }
  if (wanted.includes('postgres')) {
    const postgres = await benchmark.openPostgres()
    const redis = await benchmark.openRedis(environment)
    if (postgres !== null && redis !== null)
      allSets.postgres = await linkSessions(environment, sessions, 8, { redis, postgres })
    else environment.progress.say('no PostgreSQL, or no redis-server in the PATH, to start: left out')
  }
  if (wanted.includes('careful')) allSets.careful = await enrollSessions(environment, sessions, 5, 'database')
  if (wanted.includes('plain')) {
    allSets.plain = await enrollSessions(environment, sessions, 4, 'memory')
    fewSets.plain = await enrollSessions(environment, few, 3, 'memory')
  }
  const fifty = allSets.manager && sessions >= MANY ? await linkSessions(environment, FIFTY, 7) : null
  const contenders = CONTENDERS.filter(name => allSets[name] !== undefined)
  const memberships = new Map<ContenderName, Membership[]>()
  for (const name of contenders) {
    // One set of sessions, so one set of groups.
    const known = ofManager.includes(name)
      ? ofManager.map(one => memberships.get(one)).find(one => one !== undefined)
      : undefined
    memberships.set(
      name,
      known ?? (await addGroups(environment, allSets[name]!.pairs, GROUPS, traffic.members)),
    )
  }

  const entrants = contenders.map(name => ({
    name,
    all: allSets[name]!,
    few: fewSets[name] ?? null,
    memberships: memberships.get(name)!,
  }))
  return { entrants, fifty, collector }
}
