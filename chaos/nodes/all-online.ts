import { setTimeout as pause } from 'node:timers/promises'
import type { ChaosEnvironment } from '../environment.ts'
import type { ManagerUnderTest } from '../manager-under-test.ts'

const POLL_MS = 100
/** Until every session is open once all nodes are well again. */
export const OPEN_MS = 120_000

/** Resolves when WhatsApp has a connection of every session, or with how many it lacks after quite a while. */
export async function allOnline({
  simulator,
  sessions,
  progress,
}: Pick<ChaosEnvironment<ManagerUnderTest>, 'simulator' | 'sessions' | 'progress'>): Promise<number> {
  for (const deadline = Date.now() + OPEN_MS; ; await pause(POLL_MS)) {
    const { online } = await simulator.remote.call('count')
    progress.show(`${online} of ${sessions.length} sessions are open`)
    if (online >= sessions.length || Date.now() > deadline) return Math.max(0, sessions.length - online)
  }
}
