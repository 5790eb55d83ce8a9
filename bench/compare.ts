import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CONTENDERS, type ContenderName, type SessionSet } from './contenders/contender.ts'
import type { Environment } from './environment/environment.ts'
import { enrollSessions, linkSessions } from './environment/session-sets.ts'
import { type Figures, measure, type Traffic } from './measure.ts'
import { type AcceptedSends, measureAccepted } from './measure-accepted.ts'
import type { RunsBySize } from './report.ts'

export interface Plan {
  sessions: number
  /** The smaller number, from which memory's slope begins. */
  few: number
  rounds: number
  /** A directory for CPU profiles of the sending; null: no profiles. */
  profiles: string | null
}

const TRAFFIC: Traffic = { warmUp: 1500, sent: 2000, said: 300, saidPerSecond: 50 }
const MB = 1024 * 1024

/** Every contender with few and with all sessions, round after round, each time in a fresh process. */
export async function compare(
  environment: Environment,
  plan: Plan,
): Promise<{ runs: Record<ContenderName, RunsBySize>; durable: AcceptedSends }> {
  const { sessions, few, rounds, profiles } = plan
  const sessionSets: Record<ContenderName, Record<'few' | 'all', SessionSet>> = {
    manager: {
      few: await linkSessions(environment, few, 1),
      all: await linkSessions(environment, sessions, 2),
    },
    plain: {
      few: await enrollSessions(environment, few, 3),
      all: await enrollSessions(environment, sessions, 4),
    },
  }
  if (profiles !== null) await mkdir(profiles, { recursive: true })
  const runs: Record<ContenderName, RunsBySize> = {
    manager: { few: [], all: [] },
    plain: { few: [], all: [] },
  }
  for (let round = 1; round <= rounds; round++) {
    // In turn, so that what slows the machine slows both.
    const order = round % 2 === 1 ? CONTENDERS.toReversed() : CONTENDERS
    for (const size of ['few', 'all'] as const)
      for (const name of order) runs[name][size].push(await measureOne(name, size, round))
  }
  return { runs, durable: await measureAccepted(environment, sessionSets.manager.all) }

  async function measureOne(name: ContenderName, size: 'few' | 'all', round: number): Promise<Figures> {
    const sessionSet = sessionSets[name][size]
    const title = `round ${round} of ${rounds}, ${sessionSet.pairs.length} sessions, ${name}`
    const figures = await measure(sessionSet, {
      simulator: environment.simulator.remote,
      laravel: environment.laravel,
      // The pace counts only where it is looked at.
      traffic: size === 'all' ? TRAFFIC : { ...TRAFFIC, saidPerSecond: 2 * TRAFFIC.saidPerSecond },
      profile: profiles === null || size === 'few' ? null : join(profiles, `${name}-${round}.cpuprofile`),
      onStep: step => environment.progress.show(`${title}: ${step}`),
    })
    environment.progress.say(`${title}: ${summary(figures)}`)
    return figures
  }
}

function summary({ opensPerSecond, sentPerSecond, cpuPerSent, rss, threads }: Figures): string {
  const parts = [
    `${opensPerSecond.toFixed(1)} opened/s`,
    `${sentPerSecond.toFixed(0)} acked/s`,
    `${cpuPerSent.toFixed(2)} ms CPU each`,
    `${(rss / MB).toFixed(0)} MB`,
  ]
  const shares = Object.entries(threads).map(([name, ms]) => `${name} ${ms.toFixed(2)}`)
  return shares.length === 0 ? parts.join(', ') : `${parts.join(', ')} (${shares.join(', ')})`
}
