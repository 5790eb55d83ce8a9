import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Clock } from '../base/clock.ts'
import type { Queue } from '../ports/queue.ts'
import { type Job, openJobs } from './bullmq-jobs.ts'
import { createLanes } from './lanes.ts'

/** Jobs of one command; a start with ten thousand lanes must not hold the process for long. */
const BATCH = 500
const CHECK_EVERY = 2_000
/** How long an answer of Redis may take. */
const PATIENCE = 2_000
/** So many checks in a row without a job handed out, with jobs there and room for them, are no chance. */
const IDLE_CHECKS = 3
/** The jobs that BullMQ holds are finished in Redis before the connections go. */
const FAREWELL = 500

/**
 * Lanes that wait their turn in Redis, as jobs of BullMQ: a job only says "drain this lane", and means nothing once the lane
 * was drained otherwise. Times are kept in this process: the deliveries table knows them too, and a second copy would have
 * to be kept right. While Redis cannot be used, lanes are drained without it.
 *
 * `url` is a redis:// or rediss:// address. `name` is the installation: managers with different names share a Redis without
 * meeting, and of one name only one process may run. Nothing is connected before `start`.
 */
export function createBullMqQueue(options: {
  url: string
  name: string
  clock: Clock
  logger: Logger
  concurrency?: number
}): Queue {
  const { url, name, clock, logger, concurrency = 32 } = options
  // An id is never used twice: a job that a killed process has left locked is in nobody's way.
  const life = randomUUID()
  const lanes = createLanes({ clock, concurrency, gate: enter })
  /** Lanes in line that Redis does not know yet, and those that it has confirmed. */
  const unsent = new Set<string>()
  const sent = new Set<string>()
  let jobs: ReturnType<typeof openJobs> | null = null
  let link: 'unknown' | 'here' | 'away' = 'unknown'
  let reason = ''
  let since = 0
  /** Counts the times that Redis went away: the probe of an earlier one proves nothing. */
  let outage = 0
  let nextId = 0
  let handedOut = 0
  let flushing = false
  let stopped = false
  const check = { running: false, timer: null as unknown, idle: 0, handedOut: 0 }

  const probeId = () => `${life}-probe-${outage}`

  function enter(lane: string): void {
    if (link === 'away') {
      void lanes.admit(lane)
      return
    }
    unsent.add(lane)
    void flush()
  }

  /** Wakes of one turn, and those that come while Redis answers, are one command. */
  async function flush(): Promise<void> {
    if (flushing) return
    flushing = true
    await nextTurn()
    while (jobs !== null && link === 'here' && unsent.size > 0 && !stopped) {
      const batch = [...unsent].slice(0, BATCH)
      for (const lane of batch) unsent.delete(lane)
      try {
        await answer(jobs.add(batch.map(lane => ({ id: `${life}-${nextId++}`, lane }))))
        if (link !== 'here') break
        for (const lane of batch) if (lanes.line.has(lane) && !unsent.has(lane)) sent.add(lane)
      } catch (error) {
        gone(error)
      }
    }
    flushing = false
  }

  /** Rejects when Redis takes too long. A loop that was blocked reads what has come before it judges. */
  function answer<T>(request: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = clock.setTimeout(() => {
        setImmediate(() => reject(new Error(`no answer for ${PATIENCE / 1_000} s`)))
      }, PATIENCE)
      request.then(resolve, reject).finally(() => clock.clearTimeout(timer))
    })
  }

  async function take({ id, lane }: Job): Promise<void> {
    handedOut++
    if (lane === null) {
      if (id === probeId()) here()
      return
    }
    sent.delete(lane)
    await lanes.admit(lane)
  }

  function gone(error: unknown): void {
    if (jobs === null || stopped) return
    reason = jobs.sentence(error)
    if (link === 'away') return
    link = 'away'
    since = clock.now()
    outage++
    check.idle = 0
    logger.warn({ redis: jobs.address, error: reason }, 'redis cannot be used, deliveries go on without it')
    unsent.clear()
    sent.clear()
    for (const lane of [...lanes.line]) void lanes.admit(lane)
  }

  /** A probe has come all the way through. */
  function here(): void {
    if (link === 'here' || stopped) return
    if (link === 'away') logger.info({ redis: jobs?.address, ms: clock.now() - since }, 'redis is back')
    link = 'here'
    void flush()
  }

  /** Asks Redis whether it is there and holds what it was given. */
  async function look(): Promise<void> {
    if (check.running || jobs === null || stopped) return
    check.running = true
    clock.clearTimeout(check.timer)
    const given = [...sent]
    try {
      const count = await answer(jobs.count())
      if (link !== 'here') await answer(jobs.add([{ id: probeId(), lane: null }]))
      else compare(count, given)
    } catch (error) {
      gone(error)
    }
    check.running = false
    if (!stopped) check.timer = clock.setTimeout(() => void look(), CHECK_EVERY)
  }

  function compare(count: number, given: string[]): void {
    const owed = given.filter(lane => sent.has(lane))
    if (count < owed.length) {
      logger.info({ jobs: owed.length - count }, 'redis has lost jobs, they are added again')
      for (const lane of owed) {
        sent.delete(lane)
        unsent.add(lane)
      }
      void flush()
    }
    const stuck = sent.size > 0 && handedOut === check.handedOut && lanes.hasRoom()
    check.idle = stuck ? check.idle + 1 : 0
    check.handedOut = handedOut
    if (check.idle >= IDLE_CHECKS) gone('it hands no jobs out; is the queue paused?')
  }

  return {
    wake: lanes.wake,

    start(drain) {
      lanes.start(drain)
      const onReady = () => void look()
      jobs = openJobs({ url, name, clock, logger, concurrency, take, onReady, onClose: gone })
      check.timer = clock.setTimeout(onReady, CHECK_EVERY)
    },

    async stop(ms) {
      const deadline = clock.now() + ms
      stopped = true
      clock.clearTimeout(check.timer)
      jobs?.pause()
      await lanes.stop(ms)
      const left = Math.min(deadline - clock.now(), FAREWELL)
      await jobs?.close(link === 'here' ? left : 0)
    },

    problem() {
      if (link !== 'away') return null
      const time = `${new Date(since).toISOString().slice(0, 16).replace('T', ' ')} UTC`
      return `Redis at ${jobs?.address} cannot be used since ${time} (${reason}); deliveries go on without it`
    },
  }
}
