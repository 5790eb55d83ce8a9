import { join } from 'node:path'
import { linkAll } from '../../harness/link-sessions.ts'
import {
  type ManagerContender,
  managerSessions,
  plainLoopSessions,
  type SessionSet,
} from '../contenders/contender.ts'
import { Manager } from '../contenders/manager.ts'
import type { Pair } from '../traffic/pair.ts'
import type { Environment } from './environment.ts'

/** `series` is a digit: numbers of different sets differ in it. */
async function addPairs({ simulator }: Environment, count: number, series: number): Promise<Pair[]> {
  const pairs = Array.from({ length: count }, (_, i) => {
    const digits = series + String(i).padStart(6, '0')
    return { number: `3461${digits}`, contact: `3462${digits}` }
  })
  await Promise.all(pairs.map(({ contact }) => simulator.remote.call('addContact', contact)))
  return pairs
}

/** Sessions that a manager of their own linked over HTTP. */
export async function linkSessions(
  environment: Environment,
  count: number,
  series: number,
): Promise<SessionSet<ManagerContender>> {
  const { simulator, laravel, processSettings, dir, progress } = environment
  const pairs = await addPairs(environment, count, series)
  const dataDir = join(dir, `manager-${count}`)
  const manager = new Manager({ ...processSettings, dataDir })
  processSettings.onStart(manager.child)
  await manager.started()
  let linked = 0
  const scan = (number: string, qr: string) => simulator.remote.call('scan', number, qr)
  const numbers = pairs.map(({ number }) => number)
  await linkAll({ manager, scan, laravel }, numbers, {
    concurrency: processSettings.concurrency,
    onLinked: () => progress.show(`linking over HTTP and QR: ${++linked} of ${count} sessions`),
  })
  await manager.stop()
  progress.say(`${count} sessions linked to the manager: POST /start, QR, scan, open`)
  return managerSessions(processSettings, pairs, dataDir)
}

/** Sessions that are linked without QR, for the plain loop. */
export async function enrollSessions(
  environment: Environment,
  count: number,
  series: number,
): Promise<SessionSet> {
  const pairs = await addPairs(environment, count, series)
  environment.progress.show(`enrolling ${count} sessions for the plain loop`)
  const creds = await Promise.all(
    pairs.map(({ number }) => environment.simulator.remote.call('enroll', number)),
  )
  return plainLoopSessions(environment.processSettings, pairs, creds)
}
