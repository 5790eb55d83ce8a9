import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { startFlags } from '../contenders/start-flags.ts'
import type { BenchmarkEnvironment, Environment } from '../environment/environment.ts'
import { measure } from '../measure.ts'
import { type Plan, prepare } from '../prepare.ts'
import type { Outcome } from '../run-benchmark.ts'
import { trafficOf } from '../traffic/plan.ts'
import { bareMemory, memoryReport } from './memory-stages.ts'
import { profileOpening } from './profile-opening.ts'
import { TrafficProfile } from './profile-traffic.ts'

/**
 * One round of each contender, its main thread profiled; the files for a viewer stay only in `out`, in a folder for each. What the
 * profiler itself costs is in it, so only the shares are worth comparing.
 */
export async function profileContenders(
  benchmark: BenchmarkEnvironment,
  environment: Environment,
  plan: Plan,
  out: string | undefined,
): Promise<Outcome> {
  const traffic = trafficOf(plan)
  const { entrants } = await prepare(benchmark, environment, plan, traffic)
  const bare = await bareMemory(startFlags())
  const texts: string[] = []
  const troubles: string[] = []
  for (const { name, all, memberships } of entrants) {
    const dir = join(out === undefined ? join(environment.dir, 'profiles') : resolve(out), name)
    await mkdir(dir, { recursive: true })
    const profile = new TrafficProfile(dir)
    environment.progress.show(`profile of ${name}: opening all`)
    const { cost, rss, memory } = await profileOpening(all, profile.around, plan.idleMs)
    const figures = await measure(all, {
      simulator: environment.simulator.remote,
      laravel: environment.laravel,
      traffic,
      memberships,
      profile: profile.around,
      onStep: step => environment.progress.show(`profile of ${name}: ${step}`),
    })
    texts.push(
      `== ${name}`,
      memoryReport(bare, rss, memory),
      await profile.report({ opened: cost, ...figures }),
    )
    troubles.push(...figures.integrity.troubles)
  }
  return { text: texts.join('\n\n'), troubles }
}
