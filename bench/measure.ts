import { setTimeout as pause } from 'node:timers/promises'
import { now } from '../harness/now.ts'
import type { Contender, SessionSet } from './contenders/contender.ts'
import type { Figures, IdleFigures, MeasureOptions } from './figures.ts'
import { bytesIn } from './probe/disk.ts'
import { exactCpuOf, rssOf } from './probe/process-tree.ts'
import { NO_WORK, workOfEach } from './probe/server-work.ts'
import { TrafficRun } from './traffic-run.ts'

/** One process that opens all and does nothing; what its start leaves behind, such as the first garbage, is given time to go. */
export async function measureIdle(
  contender: Contender,
  sessions: number,
  idleMs: number,
): Promise<IdleFigures> {
  const started = now()
  await contender.openAll()
  const startToOpen = now() - started
  await pause(idleMs)
  const [cpu, begun] = [await exactCpuOf(contender.pids), now()]
  await pause(idleMs)
  const used = (await exactCpuOf(contender.pids)) - cpu
  const seconds = (now() - begun) / 1000
  return { sessions, startToOpen, rss: await rssOf(contender.pids), cpu: used / seconds / sessions }
}

/** One contender: opens all, idles, is killed, opens all again, sends, receives, sends to groups. */
export async function measure(sessionSet: SessionSet, options: MeasureOptions): Promise<Figures> {
  const { traffic, onStep, simulator } = options
  const sessions = sessionSet.pairs.length
  const { dataDir } = sessionSet
  const disk = dataDir === null ? Number.NaN : await bytesIn(dataDir)
  onStep('idle')
  const first = sessionSet.start()
  const idle = await measureIdle(first, sessions, traffic.idleMs)
  onStep('kill -9')
  const killed = now()
  await first.kill()
  const contender = sessionSet.start()
  await contender.openAll()
  const killedToOpen = now() - killed
  await simulator.call('troubles')
  const run = new TrafficRun(contender, sessionSet.pairs, options)
  onStep('warming up')
  // Contacts that got something first and answer end the costly first part of a Signal conversation.
  await run.send(1)
  await run.receive(sessions)
  await run.send(Math.ceil(traffic.warmUp / sessions))
  await run.sendToGroups(Math.ceil(traffic.sentToGroups / 10))
  const before = (await contender.serverWork?.()) ?? NO_WORK
  run.begin()
  onStep('sending and receiving')
  for (let turn = 0; turn < traffic.turns; turn++) {
    await run.send(Math.ceil(traffic.sent / sessions / traffic.turns))
    await run.receive(Math.ceil(traffic.said / traffic.turns))
  }
  onStep('sending to groups')
  const groups = options.memberships.length
  if (groups > 0) await run.sendToGroups(Math.ceil(traffic.sentToGroups / groups))
  const after = (await contender.serverWork?.()) ?? NO_WORK
  await contender.stop()
  run.integrity.troubles.push(...(await simulator.call('troubles')))
  const { integrity } = run
  const grown = dataDir === null ? Number.NaN : (await bytesIn(dataDir)) - disk
  const diskPerMessage = grown / (integrity.sent + integrity.said)
  const figures = run.figures()
  const { sent, received, sentToGroups } = figures
  const messages = sent.count + received.count + sentToGroups.count
  const work = workOfEach(before, after, messages)
  return { idle, killedToOpen, ...figures, diskPerMessage, serverWork: work, integrity }
}
