import type { ContenderName, SessionSet } from './contenders/contender.ts'
import type { BenchmarkEnvironment, Environment } from './environment/environment.ts'
import type { Figures, IdleFigures } from './figures.ts'
import { measure, measureIdle } from './measure.ts'
import { type AcceptedSends, measureAccepted } from './measure-accepted.ts'
import { type Inspected, measureInspected } from './measure-inspected.ts'
import { type Plan, prepare } from './prepare.ts'
import type { Membership } from './traffic/pair.ts'
import { trafficOf } from './traffic/plan.ts'

/** What one contender showed, round by round. */
export interface Runs {
  /** With few sessions that do nothing; only where memory's slope is asked for. */
  few: IdleFigures[]
  all: Figures[]
}

export interface Comparison {
  runs: Partial<Record<ContenderName, Runs>>
  durable: AcceptedSends[]
  /** The manager with 50 sessions, round by round, where there are many more. */
  fifty: Figures[]
  /** What it costs to be looked at, in this process. */
  inspected?: Inspected
}

/** Every contender round after round, each time in fresh processes. */
export async function compare(
  benchmark: BenchmarkEnvironment,
  environment: Environment,
  plan: Plan,
): Promise<Comparison> {
  const { rounds, idleMs } = plan
  const traffic = trafficOf(plan)
  const { entrants, fifty, collector } = await prepare(benchmark, environment, plan, traffic)
  const linked = entrants.find(({ name }) => name === 'manager')?.all
  const comparison: Comparison = { runs: {}, durable: [], fifty: [] }
  for (const { name } of entrants) comparison.runs[name] = { few: [], all: [] }
  for (let round = 1; round <= rounds; round++) {
    // In turn, so that what slows the machine slows all.
    for (const { name, all, few, memberships } of round % 2 === 1 ? entrants.toReversed() : entrants) {
      const runs = comparison.runs[name]!
      if (few) {
        const contender = few.start()
        runs.few.push(await measureIdle(contender, few.pairs.length, idleMs))
        await contender.stop()
      }
      runs.all.push(await measureOne(name, round, all, memberships))
    }
    if (fifty) comparison.fifty.push(await measureOne('manager', round, fifty, []))
    if (linked) comparison.durable.push(await measureAccepted(environment, linked, traffic.accepted))
  }
  if (collector?.posts === 0) throw new Error('a manager that is traced posted no span')
  if (linked) comparison.inspected = await measureInspected()
  return comparison

  async function measureOne(
    name: ContenderName,
    round: number,
    sessionSet: SessionSet,
    memberships: Membership[],
  ): Promise<Figures> {
    const title = `round ${round} of ${rounds}, ${sessionSet.pairs.length} sessions, ${name}`
    const figures = await measure(sessionSet, {
      simulator: environment.simulator.remote,
      laravel: environment.laravel,
      traffic,
      memberships,
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
    ...(sentToGroups.count > 0 ? [`group ${sentToGroups.cpu.toFixed(1)} ms`] : []),
  ].join(', ')
}
