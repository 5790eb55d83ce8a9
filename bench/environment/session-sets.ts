import { join } from 'node:path'
import { linkAll } from '../../harness/link-sessions.ts'
import type { RunRedis } from '../../harness/redis.ts'
import type { ManagerContender, SessionSet } from '../contenders/contender.ts'
import { Manager } from '../contenders/manager.ts'
import { managerSessions, type Servers } from '../contenders/manager-sessions.ts'
import { plainLoopSessions } from '../contenders/plain-loop-sessions.ts'
import type { Membership, Pair } from '../traffic/pair.ts'
import type { Environment } from './environment.ts'

/** `series` is a digit: numbers of different sets differ in it. `first`: so many of the series are there already. */
export async function addPairs(
  { simulator }: Environment,
  count: number,
  series: number,
  first = 0,
): Promise<Pair[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const i = first + n
      const digits = series + String(i).padStart(6, '0')
      const [number, contact] = [`3461${digits}`, `3462${digits}`]
      const lid = await simulator.remote.call('addContact', contact)
      // Half of the chats are by LID, and half by number, as today's are.
      const byLid = i % 2 === 1
      return { number, contact, byLid, address: byLid ? lid : `${contact}@s.whatsapp.net` }
    }),
  )
}

/** Sessions that a manager of their own linked over HTTP, in its data directory or on `servers`. */
export async function linkSessions(
  environment: Environment,
  count: number,
  series: number,
  servers: Servers = {},
): Promise<SessionSet<ManagerContender>> {
  const { processSettings, dir, progress } = environment
  const pairs = await addPairs(environment, count, series)
  const dataDir = join(dir, `manager-${series}-${count}`)
  const { redis = null, postgres = null } = servers
  const manager = new Manager({
    ...{ ...processSettings, dataDir },
    ...(redis !== null && { redisUrl: redis.url }),
    databaseUrl: postgres?.url ?? null,
  })
  processSettings.onStart(manager.child)
  await manager.started()
  await linkPairs(environment, manager, pairs)
  await manager.stop()
  progress.say(`${count} sessions linked to the manager: POST /start, QR, scan, open`)
  return managerSessions(processSettings, pairs, dataDir, servers)
}

/** Links these numbers to a manager that runs. */
export async function linkPairs(
  { simulator, laravel, processSettings, progress }: Environment,
  manager: Manager,
  pairs: Pair[],
): Promise<void> {
  let linked = 0
  const scan = (number: string, qr: string) => simulator.remote.call('scan', number, qr)
  const numbers = pairs.map(({ number }) => number)
  await linkAll({ manager, scan, laravel }, numbers, {
    concurrency: processSettings.concurrency,
    onLinked: () => progress.show(`linking over HTTP and QR: ${++linked} of ${pairs.length} sessions`),
  })
}

/** The same sessions, with the queue of their deliveries on Redis; at one time only one process may have them. */
export function onRedis(
  { processSettings }: Environment,
  { pairs, dataDir }: SessionSet<ManagerContender>,
  redis: RunRedis,
): SessionSet<ManagerContender> {
  return managerSessions(processSettings, pairs, dataDir!, { redis })
}

/** The same sessions, with every message traced to this address; at one time only one process may have them. */
export function traced(
  { processSettings }: Environment,
  { pairs, dataDir }: SessionSet<ManagerContender>,
  tracesUrl: string,
): SessionSet<ManagerContender> {
  return managerSessions(processSettings, pairs, dataDir!, { tracesUrl })
}

/** Sessions that are linked without QR, for a plain loop that keeps them there. */
export async function enrollSessions(
  environment: Environment,
  count: number,
  series: number,
  kept: 'memory' | 'database',
): Promise<SessionSet> {
  const pairs = await addPairs(environment, count, series)
  environment.progress.show(`enrolling ${count} sessions for a plain loop`)
  const creds = await Promise.all(
    pairs.map(({ number }) => environment.simulator.remote.call('enroll', number)),
  )
  const database = kept === 'database' ? join(environment.dir, `careful-${count}.sqlite`) : null
  return plainLoopSessions(environment.processSettings, pairs, creds, database)
}

/** A group for each of the first so many sessions: the session's number, and so many members who are in all of them. */
export async function addGroups(
  { simulator }: Environment,
  pairs: Pair[],
  groups: number,
  members: number,
): Promise<Membership[]> {
  const others = Array.from({ length: members }, (_, i) => `34639${String(i).padStart(6, '0')}`)
  await Promise.all(others.map(member => simulator.remote.call('addContact', member)))
  return Promise.all(
    pairs.slice(0, groups).map(async ({ number }) => ({
      number,
      group: await simulator.remote.call('addGroup', `Friends of ${number}`, [number, ...others]),
    })),
  )
}
