import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Queue as Jobs, Worker } from 'bullmq'
import type { Logger } from 'pino'
import type { Clock, Queue } from '../ports.ts'
import { createLanes } from './lanes.ts'
import { openRedis } from './redis.ts'

const PREFIX = 'whatsapp-manager'
/** Jobs of one command; a start with ten thousand lanes must not hold the process for long. */
const BATCH = 500
const CHECK_EVERY = 2_000
/** How long an answer of Redis may take. */
const PATIENCE = 2_000
/** So many checks in a row without a job handed out, with jobs there and room for them, are no chance. */
const IDLE_CHECKS = 3
/** Longer than one HTTP attempt (15 s), and renewed at half its time. */
const LOCK = 60_000
/** The jobs that BullMQ holds must be told off before its connections go. */
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
  const { url, clock, logger, concurrency = 32 } = options
  // A colon would end the name in Redis' keys.
  const name = encodeURIComponent(options.name)
  const life = randomUUID()
  const lanes = createLanes({ clock, concurrency, gate: lane => enter(lane) })
  /** Lanes in line that Redis does not know yet, and those that it has confirmed. */
  const unsent = new Set<string>()
  const sent = new Set<string>()
  let link: 'unknown' | 'here' | 'away' = 'unknown'
  let reason = ''
  let since = 0
  /** Counts the times that Redis went away: the probe of an earlier one proves nothing. */
  let outage = 0
  let nextId = 0
  let handedOut = 0
  let parts: ReturnType<typeof connect> | null = null
  let stopped = false

  function enter(lane: string): void {
    if (link === 'away') {
      void lanes.admit(lane)
      return
    }
    unsent.add(lane)
    void flush()
  }

  let flushing = false
  async function flush(): Promise<void> {
    if (flushing) return
    flushing = true
    await nextTurn()
    while (parts !== null && link === 'here' && unsent.size > 0 && !stopped) {
      const batch = [...unsent].slice(0, BATCH)
      for (const lane of batch) unsent.delete(lane)
      try {
        await answer(
          parts.jobs.addBulk(
            batch.map(lane => ({ name: 'drain', data: { lane }, opts: { jobId: `${life}-${nextId++}` } })),
          ),
        )
        if (link === 'here')
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

  function gone(error: unknown): void {
    if (parts === null || stopped) return
    reason = parts.redis.sentence(error)
    if (link === 'away') return
    link = 'away'
    since = clock.now()
    outage++
    logger.warn(
      { redis: parts.redis.address, error: reason },
      'redis cannot be used, deliveries go on without it',
    )
    unsent.clear()
    sent.clear()
    for (const lane of [...lanes.line]) void lanes.admit(lane)
  }

  /** A probe has come all the way through. */
  function here(): void {
    if (link === 'here' || stopped) return
    const address = parts?.redis.address
    if (link === 'away') logger.info({ redis: address, ms: clock.now() - since }, 'redis is back')
    link = 'here'
    void flush()
  }

  const probeId = () => `${life}-probe-${outage}`

  async function process(id: string | undefined, data: { lane?: string }): Promise<void> {
    handedOut++
    if (data.lane === undefined) {
      if (id === probeId()) here()
      return
    }
    sent.delete(data.lane)
    await lanes.admit(data.lane)
  }

  function connect() {
    const redis = openRedis({ url, logger, onClose: gone })
    const settings = { prefix: PREFIX, skipVersionCheck: true }
    const jobs = new Jobs(name, {
      ...settings,
      connection: redis.producer,
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
      streams: { events: { maxLen: 100 } },
    })
    let busy = 0
    const worker = new Worker(name, job => process(job.id, job.data), {
      ...settings,
      connection: redis.worker,
      concurrency,
      lockDuration: LOCK,
      maxStalledCount: 1_000_000,
      drainDelay: 2,
      runRetryDelay: 1_000,
    })
    worker.on('active', () => busy++)
    worker.on('completed', () => busy--)
    worker.on('failed', () => busy--)
    const failed = (error: Error) => logger.debug({ error: redis.sentence(error) }, 'bullmq has failed')
    jobs.on('error', failed)
    worker.on('error', failed)
    redis.producer.on('ready', () => void check())
    redis.producer.on('ready', () => void lookAtMemory())
    return { redis, jobs, worker, busy: () => busy }
  }

  let warned = false
  async function lookAtMemory(): Promise<void> {
    const policy = await parts?.redis.evictionPolicy().catch(() => null)
    if (warned || !policy) return
    warned = true
    logger.warn({ redis: parts?.redis.address, policy }, 'redis should have maxmemory-policy noeviction')
  }

  let checking = false
  let checkTimer: unknown = null
  let idleChecks = 0
  let handedOutBefore = 0

  /** Asks Redis whether it is there and holds what it was given; lanes that it has lost are given to it again. */
  async function check(): Promise<void> {
    if (checking || parts === null || stopped) return
    checking = true
    clock.clearTimeout(checkTimer)
    const { jobs, redis } = parts
    const given = [...sent]
    try {
      redis.assertConnected()
      const held = await answer(jobs.getJobCountByTypes('waiting', 'active'))
      if (link !== 'here') await answer(jobs.add('probe', {}, { jobId: probeId() }))
      else compare(held, given)
    } catch (error) {
      gone(error)
    }
    checking = false
    if (!stopped) checkTimer = clock.setTimeout(() => void check(), CHECK_EVERY)
  }

  function compare(held: number, given: string[]): void {
    const owed = given.filter(lane => sent.has(lane))
    if (held < owed.length) {
      logger.info({ lost: owed.length - held }, 'redis has lost jobs, they are added again')
      for (const lane of owed) {
        sent.delete(lane)
        unsent.add(lane)
      }
      void flush()
    }
    const stuck = sent.size > 0 && handedOut === handedOutBefore && lanes.hasRoom()
    idleChecks = stuck ? idleChecks + 1 : 0
    handedOutBefore = handedOut
    if (idleChecks >= IDLE_CHECKS) gone('it hands no jobs out; is the queue paused?')
  }

  return {
    wake: lanes.wake,

    start(drain) {
      lanes.start(drain)
      parts = connect()
      checkTimer = clock.setTimeout(() => void check(), CHECK_EVERY)
    },

    async stop(ms) {
      stopped = true
      clock.clearTimeout(checkTimer)
      if (parts === null) return lanes.stop(ms)
      const { redis, jobs, worker, busy } = parts
      const deadline = clock.now() + ms
      void worker.pause(true)
      await lanes.stop(ms)
      const patience = Math.min(clock.now() + FAREWELL, deadline)
      while (link === 'here' && busy() > 0 && clock.now() < patience) await nextTurn()
      await worker.close(true)
      await jobs.close()
      redis.close()
    },

    problem() {
      if (link !== 'away') return null
      const time = `${new Date(since).toISOString().slice(0, 16).replace('T', ' ')} UTC`
      return `Redis at ${parts?.redis.address} cannot be used since ${time} (${reason}); deliveries go on without it`
    },
  }
}
