import { setTimeout as pause } from 'node:timers/promises'
import type { SessionSet } from '../contenders/contender.ts'
import type { Cost } from '../figures.ts'
import type { Memory } from '../probe/probe.ts'
import { cpuOf, rssOf, threadsOf } from '../probe/process-tree.ts'
import type { TrafficProfile } from './profile-traffic.ts'

export interface Opening {
  cost: Cost
  /** Once it has idled for a while, in bytes. */
  rss: number
  memory: Memory
}

/** A fresh process, profiled until every session is open, what the process itself needs to start included; then it idles for so long. */
export async function profileOpening(
  { pairs, start }: SessionSet,
  around: TrafficProfile['around'],
  idleMs: number,
): Promise<Opening> {
  const contender = start()
  const { pid, pids, probe } = contender
  await around(contender, 'opened', () => contender.openAll())
  const count = pairs.length
  const shares = Object.entries(await threadsOf(pid)).map(([name, ms]) => [name, ms / count] as const)
  const cost = { count, cpu: (await cpuOf(pids)) / count, threads: Object.fromEntries(shares) }
  await pause(idleMs)
  const rss = await rssOf(pids)
  const memory = await probe.call('memory')
  await contender.stop()
  return { cost, rss, memory }
}
