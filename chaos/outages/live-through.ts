import { setTimeout as pause } from 'node:timers/promises'
import type { ChaosEnvironment } from '../environment.ts'
import type { RestartableManager } from '../restartable-manager.ts'
import { befallPostgres, type Outage } from './outages.ts'

const POLL_MS = 50
/** A commit waits for so long, and so long is it until somebody looks: what is over by then needs not be told. */
const RIDDEN_OUT_MS = 10_000
/** Until all are open again once it is over. */
const BACK_MS = 60_000

/** True once the manager said that it cannot store; false if it never did. `onSaid` hears what it says each time. */
export async function saysItCannotStore(
  manager: RestartableManager,
  ms: number,
  onSaid: (what: string) => void = () => {},
): Promise<boolean> {
  return until(manager, ms, async () => {
    const began = performance.now()
    const { status, body } = await manager.call('GET', '/health/ready')
    const problems = JSON.stringify(body.problems ?? [])
    onSaid(`${status} ${problems} after ${Math.round(performance.now() - began)} ms`)
    return status === 503 && problems.includes('STORE_')
  })
}

/** Something befalls PostgreSQL while the manager runs, which must say so and come back by itself. Resolves with what it did not. */
export async function liveThrough(
  { manager, postgres, sessions }: Pick<ChaosEnvironment, 'manager' | 'postgres' | 'sessions'>,
  { outage, ms, allOpen }: { outage: Outage; ms: number; allOpen: boolean },
): Promise<string[]> {
  const happening = befallPostgres(postgres!, outage, ms)
  let said = 'nothing'
  const told =
    (await saysItCannotStore(manager, ms, what => {
      said = what
    })) || ms < RIDDEN_OUT_MS
  await happening
  const isBack = await until(manager, BACK_MS, async () => {
    const { status } = await manager.call('GET', '/health/ready')
    if (status !== 200 || !allOpen) return status === 200
    const { body } = await manager.call('GET', '/stats')
    return (body.sessions as { activeSessions: number } | undefined)?.activeSessions === sessions.length
  })
  return [
    ...(told ? [] : [`it was not told of: /health/ready said ${said}`]),
    ...(isBack ? [] : [`not all was well again ${BACK_MS / 1000} s after it`]),
  ]
}

async function until(
  manager: RestartableManager,
  ms: number,
  isSo: () => Promise<boolean>,
): Promise<boolean> {
  for (const deadline = Date.now() + ms; Date.now() < deadline && manager.running; await pause(POLL_MS))
    if (await isSo().catch(() => false)) return true
  return false
}
