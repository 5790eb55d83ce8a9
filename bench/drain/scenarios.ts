import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { now } from '../../harness/now.ts'
import { type Holds, watchEventLoop } from './event-loop.ts'
import { openRig, type Rig } from './rig.ts'

const LOOK_EVERY = 200

export interface OutageOptions {
  /** Delivered before anything is measured: a manager does not meet its first outage with code that never ran. */
  warmUp: number
  messages: number
  lanes: number
  redisUrl: string | null
  /** While Laravel is away, in ms; the backlog is there from the beginning. */
  awayMs: number
  /** Received meanwhile, and during the drain. */
  perSecond: number
}

export interface OutageFigures {
  /** Delivered per second once Laravel was back. */
  perSecond: number
  seconds: number
  /** CPU of this process for one delivery, in ms, all threads. */
  cpuPerDelivery: number
  /** Requests while Laravel was away. */
  requestsAway: number
  away: Holds
  drain: Holds
  troubles: string[]
}

/** Laravel is away with a backlog, comes back, and takes it all while new messages come. */
export async function measureOutage(options: OutageOptions): Promise<OutageFigures> {
  const chats = Array.from({ length: options.lanes }, (_, n) => `chat${n}@lid`)
  const rig = await openRig({ chats, redisUrl: options.redisUrl, answerMs: 0 })
  try {
    await rig.backlog.receive(options.warmUp)
    rig.deliveries.start()
    await until(async () => (await rig.pending()) === 0)
    const before = await rig.laravel.call('taken')
    await rig.laravel.call('setAway', true)
    const lanes = await rig.backlog.receive(options.messages)
    const ended = new AbortController()
    let watch = watchEventLoop()
    for (const [n, lane] of lanes.entries()) {
      rig.deliveries.wake(lane)
      if (n % 100 === 99) await nextTurn()
    }
    const traffic = rig.traffic(options.perSecond, ended.signal)
    await pause(options.awayMs)
    const away = watch.stop()
    const { requests } = await rig.laravel.call('taken')
    const requestsAway = requests - before.requests
    const backlog = await rig.pending()
    await rig.laravel.call('setAway', false)
    await until(async () => (await rig.laravel.call('taken')).accepted > before.accepted)
    watch = watchEventLoop()
    const [begun, cpu] = [now(), process.cpuUsage()]
    await until(async () => (await rig.pending()) < options.perSecond)
    const seconds = (now() - begun) / 1000
    const used = process.cpuUsage(cpu)
    const drain = watch.stop()
    const delivered = (await rig.laravel.call('taken')).accepted - before.accepted
    ended.abort()
    await traffic
    await until(async () => (await rig.pending()) === 0)
    return {
      perSecond: delivered / seconds,
      seconds,
      cpuPerDelivery: (used.user + used.system) / 1e3 / delivered,
      requestsAway,
      away,
      drain,
      troubles: await troublesOf(rig, backlog),
    }
  } finally {
    await rig.close()
  }
}

async function troublesOf(rig: Rig, backlog: number): Promise<string[]> {
  const { accepted, disordered, duplicates } = await rig.laravel.call('taken')
  const expected = rig.backlog.received
  const troubles: string[] = []
  if (accepted !== expected) troubles.push(`${accepted} of ${expected} messages were taken`)
  if (disordered > 0) troubles.push(`${disordered} messages came out of order`)
  if (duplicates > 0) troubles.push(`${duplicates} messages came twice`)
  if (backlog === 0) troubles.push('nothing waited')
  return troubles
}

export interface PoisonOptions {
  lanes: number
  perLane: number
  /** Share of the lanes whose messages Laravel always answers with 500. */
  share: number
  redisUrl: string | null
  /** How long Laravel takes for an answer. */
  answerMs: number
}

/** Deliveries per second of the lanes that are not poisoned. */
export async function measurePoison(options: PoisonOptions): Promise<number> {
  const { lanes, perLane, share, redisUrl, answerMs } = options
  const every = share === 0 ? Number.POSITIVE_INFINITY : Math.round(1 / share)
  const chats = Array.from({ length: lanes }, (_, n) => (n % every === 1 ? `poison${n}@lid` : `chat${n}@lid`))
  const healthy = chats.filter(chat => !chat.startsWith('poison')).length * perLane
  const rig = await openRig({ chats, redisUrl, answerMs })
  try {
    await rig.backlog.receive(lanes * perLane)
    const begun = now()
    rig.deliveries.start()
    await until(async () => (await rig.laravel.call('taken')).accepted >= healthy)
    return healthy / ((now() - begun) / 1000)
  } finally {
    await rig.close()
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(LOOK_EVERY)
}
