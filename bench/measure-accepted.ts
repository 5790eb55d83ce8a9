import { setTimeout as pause } from 'node:timers/promises'
import { now } from '../harness/now.ts'
import type { SessionSet } from './contenders/contender.ts'
import { Manager } from './contenders/manager.ts'
import type { Environment } from './environment/environment.ts'

const PER_SECOND = 100
/** A session that was refused for some time may wait for up to 5 minutes until it tries again (machines/session.timers.ts). */
const LOST_MS = 6 * 60_000

/** How long callers waited for their durable 202, in ms, and what was lost of what they were promised. */
export interface AcceptedSends {
  latencies: number[]
  troubles: string[]
}

/** One process of a manager that cannot reach WhatsApp: sends are stored and answered at a steady pace, and go out once it can. */
export async function measureAccepted(
  { processSettings, simulator, progress }: Environment,
  sessionSet: SessionSet,
  count: number,
): Promise<AcceptedSends> {
  const { pairs, dataDir } = sessionSet
  if (dataDir === null) throw new Error('only a manager stores what it cannot send')
  progress.show('durable 202: WhatsApp is away')
  await simulator.remote.call('refuseConnections')
  const manager = new Manager({ ...processSettings, dataDir, sendWaitMs: 0, connectsPerSecond: null })
  processSettings.onStart(manager.child)
  await manager.started()
  const ids: string[] = []
  const latencies: number[] = []
  // The first seconds of a process compile and restore.
  const warmUp = Math.ceil(count / 3)
  const begun = now()
  const requests = Array.from({ length: warmUp + count }, async (_, n) => {
    await pause((n * 1000) / PER_SECOND)
    const asked = now()
    ids.push(await manager.queue(pairs[n % pairs.length]!, `later ${n}`))
    if (n >= warmUp) latencies.push(now() - asked)
  })
  await Promise.all(requests)
  const rate = (ids.length * 1000) / (now() - begun)
  progress.show('durable 202: WhatsApp is back')
  await simulator.remote.call('acceptConnections')
  const { missing, doubled } = await simulator.remote.call('checkReceived', ids, LOST_MS)
  await manager.stop()
  await simulator.remote.call('troubles')
  progress.say(
    `durable 202: ${ids.length} sends at ${rate.toFixed(0)}/s while WhatsApp was away, all sent later`,
  )
  return {
    latencies,
    troubles: [
      ...missing.map(id => `${id} was promised with 202, and no contact got it`),
      ...doubled.map(id => `${id} was promised with 202, and came twice`),
    ],
  }
}
