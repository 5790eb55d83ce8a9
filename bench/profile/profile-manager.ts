import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Environment } from '../environment/environment.ts'
import { addGroups, linkSessions } from '../environment/session-sets.ts'
import { measure } from '../measure.ts'
import type { Outcome } from '../run-benchmark.ts'
import { type Amounts, GROUPS, trafficOf } from '../traffic/plan.ts'
import { TrafficProfile } from './profile-traffic.ts'

/** One round of the manager alone, its main thread profiled; the files for a viewer stay only in `out`. */
export async function profileManager(
  environment: Environment,
  amounts: Amounts,
  out: string | undefined,
): Promise<Outcome> {
  const traffic = trafficOf(amounts)
  const sessionSet = await linkSessions(environment, amounts.sessions, 1)
  const dir = out === undefined ? join(environment.dir, 'profiles') : resolve(out)
  await mkdir(dir, { recursive: true })
  const profile = new TrafficProfile(dir)
  const figures = await measure(sessionSet, {
    simulator: environment.simulator.remote,
    laravel: environment.laravel,
    traffic,
    memberships: await addGroups(environment, sessionSet.pairs, GROUPS, traffic.members),
    profile: profile.around,
    onStep: step => environment.progress.show(`profile: ${step}`),
  })
  return { text: await profile.report(figures), troubles: figures.integrity.troubles }
}
