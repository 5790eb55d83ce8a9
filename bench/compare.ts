import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fleet } from './contender.ts'
import { type Durable, durable } from './durable.ts'
import { enrollFleet, linkFleet, type Scene } from './fleets.ts'
import { type Figures, measure, type Traffic } from './measure.ts'
import type { Lives } from './report.ts'

export const CONTENDERS = ['manager', 'plain'] as const
export type Name = (typeof CONTENDERS)[number]

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
  scene: Scene,
  plan: Plan,
): Promise<{ lives: Record<Name, Lives>; durable: Durable }> {
  const { sessions, few, rounds, profiles } = plan
  const fleets: Record<Name, Record<'few' | 'all', Fleet>> = {
    manager: { few: await linkFleet(scene, few, 1), all: await linkFleet(scene, sessions, 2) },
    plain: { few: await enrollFleet(scene, few, 3), all: await enrollFleet(scene, sessions, 4) },
  }
  if (profiles !== null) await mkdir(profiles, { recursive: true })
  const lives: Record<Name, Lives> = { manager: { few: [], all: [] }, plain: { few: [], all: [] } }
  for (let round = 1; round <= rounds; round++) {
    // In turn, so that what slows the machine slows both.
    const order = round % 2 === 1 ? CONTENDERS.toReversed() : CONTENDERS
    for (const size of ['few', 'all'] as const)
      for (const name of order) lives[name][size].push(await live(name, size, round))
  }
  return { lives, durable: await durable(scene, fleets.manager.all) }

  async function live(name: Name, size: 'few' | 'all', round: number): Promise<Figures> {
    const fleet = fleets[name][size]
    const title = `round ${round} of ${rounds}, ${fleet.pairs.length} sessions, ${name}`
    const figures = await measure(fleet, {
      world: scene.world.remote,
      laravel: scene.laravel,
      // The pace counts only where it is looked at.
      traffic: size === 'all' ? TRAFFIC : { ...TRAFFIC, saidPerSecond: 2 * TRAFFIC.saidPerSecond },
      profile: profiles === null || size === 'few' ? null : join(profiles, `${name}-${round}.cpuprofile`),
      onStep: step => scene.progress.show(`${title}: ${step}`),
    })
    scene.progress.say(`${title}: ${inWords(figures)}`)
    return figures
  }
}

function inWords({ opensPerSecond, sentPerSecond, cpuPerSent, rss, threads }: Figures): string {
  const parts = [
    `${opensPerSecond.toFixed(1)} opened/s`,
    `${sentPerSecond.toFixed(0)} acked/s`,
    `${cpuPerSent.toFixed(2)} ms CPU each`,
    `${(rss / MB).toFixed(0)} MB`,
  ]
  const shares = Object.entries(threads).map(([name, ms]) => `${name} ${ms.toFixed(2)}`)
  return shares.length === 0 ? parts.join(', ') : `${parts.join(', ')} (${shares.join(', ')})`
}
