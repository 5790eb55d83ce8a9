import { setTimeout as pause } from 'node:timers/promises'
import { now } from '../harness/now.ts'
import type { Remote } from '../harness/rpc.ts'
import type { Contender, SessionSet } from './contenders/contender.ts'
import type { Laravel } from './environment/laravel.ts'
import type { SimulatorProgram } from './environment/simulator-program.ts'

/** What one process showed. Times in ms, memory in bytes. */
export interface Figures {
  sessions: number
  rss: number
  heap: number
  opensPerSecond: number
  cpuPerSent: number
  sentPerSecond: number
  cpuPerReceived: number
  /** From the socket to the POST, of each message. */
  inbound: readonly number[]
  /** CPU of each kind of thread per sent message; only with a profile. */
  threads: Record<string, number>
  integrity: Integrity
}

export interface Integrity {
  sent: number
  decrypted: number
  said: number
  delivered: number
  /** In words: what was lost, doubled or not understood. */
  troubles: string[]
}

/** The same traffic for everybody, whatever the number of sessions; in all sessions together. */
export interface Traffic {
  warmUp: number
  sent: number
  said: number
  saidPerSecond: number
}

/** Receipts of the last messages come later than their acks. */
const TAIL_MS = 300
const LOST_MS = 20_000

export interface MeasureOptions {
  simulator: Remote<SimulatorProgram>
  laravel: Laravel
  traffic: Traffic
  /** Where a CPU profile of the sending goes. */
  profile: string | null
  onStep(step: string): void
}

/** One process: open all, warm up, send, receive, settle. */
export async function measure(sessionSet: SessionSet, options: MeasureOptions): Promise<Figures> {
  const { traffic, onStep } = options
  const sessions = sessionSet.pairs.length
  onStep('opening')
  const started = now()
  const contender = sessionSet.start()
  await contender.openAll()
  const opensPerSecond = (sessions * 1000) / (now() - started)

  onStep('warming up')
  const integrity: Integrity = { sent: 0, decrypted: 0, said: 0, delivered: 0, troubles: [] }
  // Contacts that got something first and answer end the costly first part of a Signal conversation.
  await sendTexts(contender, options, 1, integrity)
  await receiveTexts(sessionSet, options, sessions, traffic.saidPerSecond, integrity)
  await sendTexts(contender, options, Math.ceil(traffic.warmUp / sessions), integrity)

  onStep('sending')
  const {
    out: { count: _, ...out },
    threads,
  } = await profiled(contender, options, () =>
    sendTexts(contender, options, Math.ceil(traffic.sent / sessions), integrity),
  )
  onStep('receiving')
  const inn = await receiveTexts(
    sessionSet,
    options,
    traffic.said,
    traffic.saidPerSecond,
    integrity,
    contender,
  )

  onStep('settling')
  const { rss, heap } = await contender.probe.call('memory')
  await contender.stop()
  integrity.troubles.push(...(await options.simulator.call('troubles')))
  return { sessions, rss, heap, opensPerSecond, ...out, ...inn, threads, integrity }
}

async function profiled<T extends { count: number }>(
  { probe }: Contender,
  { profile }: MeasureOptions,
  run: () => Promise<T>,
): Promise<{ out: T; threads: Record<string, number> }> {
  if (profile === null) return { out: await run(), threads: {} }
  const before = await probe.call('threads')
  await probe.call('profile')
  const out = await run()
  await probe.call('profiled', profile)
  const after = Object.entries(await probe.call('threads'))
  return {
    out,
    threads: Object.fromEntries(after.map(([name, ms]) => [name, (ms - (before[name] ?? 0)) / out.count])),
  }
}

/** Sends and checks what came of it. */
async function sendTexts(
  contender: Contender,
  { simulator }: MeasureOptions,
  each: number,
  integrity: Integrity,
) {
  const cpu = await contender.probe.call('cpu')
  const begun = now()
  const ids = await contender.send(each)
  const ms = now() - begun
  await pause(TAIL_MS)
  const cpuMs = (await contender.probe.call('cpu')) - cpu
  const { missing, doubled } = await simulator.call('checkReceived', ids, LOST_MS)
  integrity.sent += ids.length
  integrity.decrypted += ids.length - missing.length
  for (const id of missing) integrity.troubles.push(`${id} was acked, and no contact decrypted it`)
  for (const id of doubled) integrity.troubles.push(`${id} was decrypted twice`)
  return { count: ids.length, cpuPerSent: cpuMs / ids.length, sentPerSecond: (ids.length * 1000) / ms }
}

/** Lets contacts talk and checks what came of it. */
async function receiveTexts(
  { pairs }: SessionSet,
  { simulator, laravel }: MeasureOptions,
  count: number,
  perSecond: number,
  integrity: Integrity,
  contender?: Contender,
) {
  const cpu = (await contender?.probe.call('cpu')) ?? 0
  laravel.arrivals.clear()
  const said = await simulator.call('sendTexts', pairs, count, perSecond)
  const deadline = now() + LOST_MS
  while (said.some(({ id }) => !laravel.arrivals.has(id)) && now() < deadline) await pause(20)
  await pause(TAIL_MS)
  const cpuMs = ((await contender?.probe.call('cpu')) ?? 0) - cpu
  const inbound: number[] = []
  for (const { id, at } of said) {
    const arrivals = laravel.arrivals.get(id) ?? []
    if (arrivals.length === 0) integrity.troubles.push(`${id} was said, and Laravel never got it`)
    else inbound.push(arrivals[0]! - at)
    if (arrivals.length > 1) integrity.troubles.push(`Laravel got ${id} ${arrivals.length} times`)
  }
  integrity.said += said.length
  integrity.delivered += inbound.length
  return { inbound, cpuPerReceived: cpuMs / count }
}
