import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Clock } from '../base/clock.ts'
import { DELIVERY_KINDS } from '../ports/delivery-table.ts'
import type { Queue } from '../ports/queue.ts'
import { type Job, openJobs } from './bullmq-jobs.ts'
import { createLanes, type LanesOptions } from './lanes.ts'

const CHECK_EVERY = 2_000
/** How long an answer of Redis may take. */
const ANSWER_TIMEOUT = 2_000
/** After so many checks in a row without a job handed out, with jobs there, Redis counts as down. */
const IDLE_CHECKS = 3
/** How long the jobs that BullMQ holds may take to be finished in Redis before the connections are closed. */
const CLOSE_WAIT = 500

/**
 * Lanes that had to wait, for room or for their time, are jobs of BullMQ from when they have room until they are drained: a job only says
 * "drain this lane", and means nothing once the lane was drained otherwise. A lane that finds room when it is woken needs none: the process
 * that stored what is new in it owns its session, and a job would cost as much as the delivery. Those that wait, and their
 * times, are kept in this process: the deliveries table knows them too, a second copy would have to be kept right, and so
 * Redis is as small as ever when Laravel was away for hours. While Redis cannot be used, lanes are drained without it.
 *
 * `url` is a redis:// or rediss:// address. `name` is the installation: managers with different names share a Redis without
 * meeting, and of one name only one process may run. Nothing is connected before `start`.
 */
export function createBullMqQueue(options: {
  url: string
  name: string
  clock: Clock
  logger: Logger
  /** Of each group. */
  concurrency?: number
  groupOf?: LanesOptions['groupOf']
}): Queue {
  const { url, name, clock, logger, concurrency = 32, groupOf } = options
  // An id is never used twice: a job that a killed process has left locked is in nobody's way.
  const life = randomUUID()
  const lanes = createLanes({ clock, concurrency, groupOf, gate: queueInRedis })
  /** Lanes at the gate that Redis does not know yet, and those that it has confirmed. */
  const unsent = new Set<string>()
  const sent = new Set<string>()
  let jobs: ReturnType<typeof openJobs> | null = null
  let redis: 'unknown' | 'up' | 'down' = 'unknown'
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

  function queueInRedis(lane: string): void {
    if (redis === 'down') {
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
    while (jobs !== null && redis === 'up' && unsent.size > 0 && !stopped) {
      const batch = [...unsent]
      unsent.clear()
      try {
        await withTimeout(jobs.add(batch.map(lane => ({ id: `${life}-${nextId++}`, lane }))))
        if (redis !== 'up') break
        for (const lane of batch) if (lanes.atGate.has(lane) && !unsent.has(lane)) sent.add(lane)
      } catch (error) {
        markDown(error)
      }
    }
    flushing = false
  }

  /** Rejects when Redis takes too long. A loop that was blocked reads what has come before it judges. */
  function withTimeout<T>(request: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = clock.setTimeout(() => {
        setImmediate(() => reject(new Error(`no answer for ${ANSWER_TIMEOUT / 1_000} s`)))
      }, ANSWER_TIMEOUT)
      request.then(resolve, reject).finally(() => clock.clearTimeout(timer))
    })
  }

  async function takeJob({ id, lane }: Job): Promise<void> {
    handedOut++
    if (lane === null) {
      if (id === probeId()) markUp()
      return
    }
    sent.delete(lane)
    await lanes.admit(lane)
  }

  function markDown(error: unknown): void {
    if (jobs === null || stopped) return
    reason = jobs.describeError(error)
    if (redis === 'down') return
    redis = 'down'
    since = clock.now()
    outage++
    check.idle = 0
    logger.warn({ redis: jobs.address, error: reason }, 'redis cannot be used, deliveries go on without it')
    unsent.clear()
    sent.clear()
    for (const lane of [...lanes.atGate]) void lanes.admit(lane)
  }

  /** A probe has come all the way through. */
  function markUp(): void {
    if (redis === 'up' || stopped) return
    if (redis === 'down') logger.info({ redis: jobs?.address, ms: clock.now() - since }, 'redis is back')
    redis = 'up'
    void flush()
  }

  /** Asks Redis whether it is there and holds what it was given. */
  async function checkRedis(): Promise<void> {
    if (check.running || jobs === null || stopped) return
    check.running = true
    clock.clearTimeout(check.timer)
    const given = [...sent]
    try {
      const count = await withTimeout(jobs.count())
      if (redis !== 'up') await withTimeout(jobs.add([{ id: probeId(), lane: null }]))
      else checkJobs(count, given)
    } catch (error) {
      markDown(error)
    }
    check.running = false
    if (!stopped) check.timer = clock.setTimeout(() => void checkRedis(), CHECK_EVERY)
  }

  function checkJobs(count: number, given: string[]): void {
    const expected = given.filter(lane => sent.has(lane))
    if (count < expected.length) {
      logger.info({ jobs: expected.length - count }, 'redis has lost jobs, they are added again')
      for (const lane of expected) {
        sent.delete(lane)
        unsent.add(lane)
      }
      void flush()
    }
    const stuck = sent.size > 0 && handedOut === check.handedOut
    check.idle = stuck ? check.idle + 1 : 0
    check.handedOut = handedOut
    if (check.idle >= IDLE_CHECKS) markDown('it hands no jobs out; is the queue paused?')
  }

  return {
    wake: lanes.wake,

    start(drain) {
      lanes.start(drain)
      const onReady = () => void checkRedis()
      jobs = openJobs({
        ...{ url, name, clock, logger },
        // Whoever has room must not wait for a job's.
        concurrency: concurrency * DELIVERY_KINDS.length,
        take: takeJob,
        onReady,
        onClose: markDown,
      })
      check.timer = clock.setTimeout(onReady, CHECK_EVERY)
    },

    async stop(ms) {
      const deadline = clock.now() + ms
      stopped = true
      clock.clearTimeout(check.timer)
      jobs?.pause()
      await lanes.stop(ms)
      const left = Math.min(deadline - clock.now(), CLOSE_WAIT)
      await jobs?.close(redis === 'up' ? left : 0)
    },

    problem() {
      if (redis !== 'down') return null
      const [at, address] = [new Date(since).toISOString(), jobs?.address ?? '']
      const time = `${at.slice(0, 16).replace('T', ' ')} UTC`
      const message = `Redis at ${address} cannot be used since ${time} (${reason}): check that it runs, and REDIS_URL; deliveries go on without it meanwhile`
      const values = { address, since: at, why: reason }
      return { code: 'REDIS_UNAVAILABLE', message, said: [{ says: 'unusable', values }] }
    },
  }
}
