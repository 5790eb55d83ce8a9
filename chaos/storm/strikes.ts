import { setTimeout as pause } from 'node:timers/promises'
import type { SeededRandom } from '../../simulator/seeded-random.ts'
import type { ChaosEnvironment } from '../environment.ts'
import { planStrike, type Strike } from './storm-plan.ts'

/** A silent socket is noticed after this time and five seconds: sooner than usual, and not by a process that has no CPU for a while. */
export const KEEP_ALIVE_MS = 8000

const STRIKE_MS = 700

/** Lets each fault strike at its moment; resolves after the last one. */
export async function strikeAsPlanned(
  { simulator, progress }: Pick<ChaosEnvironment, 'simulator' | 'progress'>,
  strikes: Strike[],
): Promise<void> {
  const begun = Date.now()
  for (const { at, kind, count, faults } of strikes) {
    await pause(Math.max(0, begun + at - Date.now()))
    progress.show(`${(at / 1000).toFixed(1)} s: ${kind} for ${count}`)
    await simulator.remote.call('strike', faults)
  }
}

/** Faults strike one session after the other until the returned function is called; it heals all and resolves with their number. */
export function strikeUntil(
  { simulator, sessions }: Pick<ChaosEnvironment, 'simulator' | 'sessions'>,
  random: SeededRandom,
): () => Promise<number> {
  const ended = new AbortController()
  const striking = (async () => {
    for (let n = 0; ; n++) {
      const gap = 2 * STRIKE_MS * random.share('gap', n)
      await pause(gap, undefined, { signal: ended.signal }).catch(() => {})
      if (ended.signal.aborted) return n
      await simulator.remote.call('strike', planStrike(n, 0, sessions, 1, random).faults)
    }
  })()
  return async () => {
    ended.abort()
    const count = await striking
    await simulator.remote.call('heal')
    return count
  }
}
