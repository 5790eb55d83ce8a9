import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { now } from '../../harness/now.ts'
import { Manager } from '../contenders/manager.ts'
import type { Environment } from '../environment/environment.ts'
import { addPairs, linkPairs } from '../environment/session-sets.ts'
import { cpuOf, rssOf } from '../probe/process-tree.ts'
import { quantile } from '../statistics.ts'
import type { Pair } from '../traffic/pair.ts'
import { type CeilingLimits, type CeilingStep, ceilingHead, ceilingLine, endOf } from './report-ceiling.ts'

export interface ClimbOptions extends CeilingLimits {
  /** So many sessions are added each time. */
  step: number
  /** How long each step is looked at. */
  seconds: number
}

export interface Climb {
  steps: CeilingStep[]
  troubles: string[]
}

const SERIES = 6
const SETTLE_MS = 3000
const LOST_MS = 60_000
/** In and out together, of each session. */
const PER_MINUTE = 1

/** Adds sessions to one manager until it cannot carry more. */
export async function climb(environment: Environment, options: ClimbOptions): Promise<Climb> {
  const { processSettings, dir, progress } = environment
  const manager = new Manager({ ...processSettings, dataDir: join(dir, 'ceiling') })
  processSettings.onStart(manager.child)
  await manager.started()
  const pairs: Pair[] = []
  const climbed: Climb = { steps: [], troubles: [] }
  progress.say(ceilingHead())
  for (;;) {
    const more = Math.min(options.step, options.most - pairs.length)
    const added = await addPairs(environment, more, SERIES, pairs.length)
    await linkPairs(environment, manager, added)
    pairs.push(...added)
    progress.show(`${pairs.length} sessions: warming up`)
    await warmUp(environment, manager, added)
    await pause(SETTLE_MS)
    progress.show(`${pairs.length} sessions: one message a minute each`)
    const step = await lookTwice(() => look(environment, manager, pairs, options.seconds, climbed.troubles))
    climbed.steps.push(step)
    progress.say(ceilingLine(step))
    if (endOf(step, options) !== null) break
  }
  await manager.stop()
  climbed.troubles.push(...(await environment.simulator.remote.call('troubles')))
  return climbed

  /** Late once may be the machine's fault: then the better of two looks counts. */
  async function lookTwice(look: () => Promise<CeilingStep>): Promise<CeilingStep> {
    const first = await look()
    if (first.loopP99 <= options.loopMs) return first
    const second = await look()
    return second.loopP99 < first.loopP99 ? second : first
  }
}

/** A contact that got something first and answered ends the costly first part of a Signal conversation. */
async function warmUp({ simulator }: Environment, manager: Manager, pairs: Pair[]): Promise<void> {
  const correspondences = pairs.map(({ number, address }) => ({ number, to: address }))
  await manager.send(correspondences, 1)
  await simulator.remote.call('sendTexts', pairs, pairs.length, 50)
  await manager.send(correspondences, 1)
  await simulator.remote.call('settle', LOST_MS)
}

/** Half of the messages go out, and half come in. */
async function look(
  { simulator, laravel }: Environment,
  manager: Manager,
  pairs: Pair[],
  seconds: number,
  troubles: string[],
): Promise<CeilingStep> {
  const { child } = manager
  const count = Math.max(2, Math.round((pairs.length * PER_MINUTE * seconds) / 60))
  const everyMs = (seconds * 1000) / count
  laravel.arrivals.clear()
  const sent: { id: string; ms: number }[] = []
  const said: { id: string; at: number }[] = []
  await child.remote.call('watchLoop')
  const [cpu, begun] = [await cpuOf([child.pid]), now()]
  const messages = Array.from({ length: count }, async (_, n) => {
    await pause(n * everyMs)
    const pair = pairs[n % pairs.length]!
    if (n % 2 === 0) {
      const asked = now()
      const [id] = await manager.send([{ number: pair.number, to: pair.address }], 1)
      sent.push({ id: id!, ms: now() - asked })
    } else said.push(...(await simulator.remote.call('sendTexts', [pair], 1, 1)))
  })
  await Promise.all(messages)
  await pause(Math.max(0, begun + seconds * 1000 - now()))
  const deadline = now() + LOST_MS
  while (said.some(({ id }) => !laravel.arrivals.has(id)) && now() < deadline) await pause(20)
  await simulator.remote.call('settle', LOST_MS)
  const used = (await cpuOf([child.pid])) - cpu
  const loopP99 = await child.remote.call('loopP99')
  const ms = now() - begun
  const ids = sent.map(({ id }) => id)
  const { missing, doubled } = await simulator.remote.call('checkReceived', ids, LOST_MS)
  for (const id of missing) troubles.push(`${id} was acked, and no contact decrypted it`)
  for (const id of doubled) troubles.push(`${id} was decrypted twice`)
  const latencies: number[] = []
  for (const { id, at } of said) {
    const arrivals = laravel.arrivals.get(id) ?? []
    if (arrivals.length === 0) troubles.push(`${id} was said, and Laravel never got it`)
    else latencies.push(arrivals[0]! - at)
    if (arrivals.length > 1) troubles.push(`Laravel got ${id} ${arrivals.length} times`)
  }
  return {
    sessions: pairs.length,
    messagesPerSecond: (count * 1000) / ms,
    loopP99,
    rss: await rssOf([child.pid]),
    cores: used / ms,
    cpuPerMessage: used / count,
    inboundP99: quantile(latencies, 0.99),
    sentP99: quantile(
      sent.map(one => one.ms),
      0.99,
    ),
  }
}
