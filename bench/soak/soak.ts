import { setTimeout as pause } from 'node:timers/promises'
import type { Contender, ManagerContender, SessionSet } from '../contenders/contender.ts'
import type { Environment } from '../environment/environment.ts'

export interface SoakPlan {
  sessions: number
  reconnects: number
  /** Texts sent for a figure of CPU, in all sessions together. */
  texts: number
}

/** What the process of the manager shows at one moment. Bytes, ms of CPU for a message that was sent and acked, open files. */
export interface SoakFigures {
  rss: number
  heap: number
  cpuPerSent: number
  fds: number
}

export interface SoakOutcome {
  before: SoakFigures
  after: SoakFigures
  /** What was lost or doubled, in words. */
  troubles: string[]
}

/** Reconnects before the first look: what is made once is made. */
const WARM_UP = 2
const POLL_MS = 50
/** Receipts of the last messages come later than their acks. */
const SETTLE_MS = 2000
/** HTTP connections that nobody uses are closed by either side after 5 s. */
const IDLE_MS = 7000
const LOST_MS = 30_000

/** One process whose sessions all lose their connection again and again, looked at before and after. */
export async function soak(
  environment: Environment,
  sessionSet: SessionSet<ManagerContender>,
  { reconnects, texts }: Omit<SoakPlan, 'sessions'>,
): Promise<SoakOutcome> {
  const { simulator, progress } = environment
  const troubles: string[] = []
  const contender = sessionSet.start()
  await contender.openAll()
  const each = Math.max(1, Math.ceil(texts / sessionSet.pairs.length))
  await send(contender, environment, each, troubles)
  for (let i = 0; i < WARM_UP; i++) await reconnect(contender, environment, sessionSet)
  await send(contender, environment, each, troubles)
  const before = await figuresOf(contender, environment, each, troubles)
  for (let i = 1; i <= reconnects; i++) {
    progress.show(`reconnect ${i} of ${reconnects}`)
    await reconnect(contender, environment, sessionSet)
  }
  // As before: what the first messages after a connect make is no leak.
  await send(contender, environment, each, troubles)
  const after = await figuresOf(contender, environment, each, troubles)
  await contender.stop()
  return { before, after, troubles: [...troubles, ...(await simulator.remote.call('troubles'))] }
}

/** WhatsApp ends every connection; whoever would wait for its backoff is asked to come back at once. */
async function reconnect(
  contender: ManagerContender,
  { simulator }: Environment,
  { pairs }: SessionSet,
): Promise<void> {
  const before = await simulator.remote.call('logins')
  await simulator.remote.call('dropConnections')
  for (;;) {
    await contender.hurry()
    if ((await simulator.remote.call('logins')) - before >= pairs.length) break
    await pause(POLL_MS)
  }
  await contender.allOpen()
}

async function figuresOf(
  contender: Contender,
  environment: Environment,
  each: number,
  troubles: string[],
): Promise<SoakFigures> {
  await pause(SETTLE_MS)
  const cpu = await contender.probe.call('cpu')
  const count = await send(contender, environment, each, troubles)
  await pause(SETTLE_MS)
  const cpuPerSent = ((await contender.probe.call('cpu')) - cpu) / count
  await pause(IDLE_MS)
  const { rss, heap } = await contender.probe.call('memory')
  return { rss, heap, cpuPerSent, fds: await contender.probe.call('openFiles') }
}

async function send(
  contender: Contender,
  { simulator }: Environment,
  each: number,
  troubles: string[],
): Promise<number> {
  const ids = await contender.send(each)
  const { missing, doubled } = await simulator.remote.call('checkReceived', ids, LOST_MS)
  for (const id of missing) troubles.push(`${id} was acked, and no contact decrypted it`)
  for (const id of doubled) troubles.push(`${id} was decrypted twice`)
  return ids.length
}
