import { Queue as Jobs, Worker } from 'bullmq'
import type { Logger } from 'pino'
import type { Clock } from '../base/clock.ts'
import { openRedis } from './redis-connection.ts'

const PREFIX = 'whatsapp-manager'
/** Longer than one HTTP attempt (15 s), and renewed at half its time. */
const LOCK_MS = 60_000
/** A process that is killed again and again must not use up a job's chances. */
const MAX_STALLS = 1_000_000
/** Nobody reads BullMQ's event stream. */
const MAX_EVENTS = 100

export interface Job {
  id: string
  /** Null for a probe. */
  lane: string | null
}

/**
 * One queue of BullMQ with its worker. `take` is called for every job that Redis hands out, also those of earlier lives of
 * this process, at most `concurrency` at once. `onClose` hears of connections that end, `onReady` of new ones.
 */
export function openJobs(options: {
  url: string
  name: string
  clock: Clock
  logger: Logger
  concurrency: number
  take: (job: Job) => Promise<void>
  onReady: () => void
  onClose: (reason: string) => void
}) {
  const { url, clock, logger, concurrency, take, onReady, onClose } = options
  // A colon would end the name in Redis' keys.
  const name = encodeURIComponent(options.name)
  const redis = openRedis({ url, logger, onClose })
  // BullMQ's own look at the server warns on the console, once for each connection.
  const settings = { prefix: PREFIX, skipVersionCheck: true }
  const jobs = new Jobs<{ lane?: string }>(name, {
    ...settings,
    connection: redis.producer,
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
    streams: { events: { maxLen: MAX_EVENTS } },
  })
  const worker = new Worker<{ lane?: string }>(
    name,
    job => take({ id: job.id ?? '', lane: job.data.lane ?? null }),
    {
      ...settings,
      connection: redis.worker,
      concurrency,
      lockDuration: LOCK_MS,
      maxStalledCount: MAX_STALLS,
      drainDelay: 2,
      runRetryDelay: 1_000,
    },
  )
  /** Jobs that Redis believes to be worked on. */
  let active = 0
  let onIdle = () => {}
  let warned = false

  function finished(): void {
    active--
    if (active === 0) onIdle()
  }

  async function warnOfEviction(): Promise<void> {
    const policy = await redis.evictionPolicy().catch(() => null)
    if (warned || policy === null) return
    warned = true
    logger.warn({ redis: redis.address, policy }, 'redis should have maxmemory-policy noeviction')
  }

  worker.on('active', () => active++)
  worker.on('completed', finished)
  worker.on('failed', finished)
  const failed = (error: Error) =>
    logger.debug({ error: redis.describeError(error) }, 'bullmq reported an error')
  jobs.on('error', failed)
  worker.on('error', failed)
  redis.producer.on('ready', onReady)
  redis.producer.on('ready', () => void warnOfEviction())

  return {
    /** Where Redis is, for people. */
    address: redis.address,
    /** What may be said of an error. */
    describeError: redis.describeError,

    /** One command for all of them; an id that is there already is no second job. */
    async add(list: Job[]): Promise<void> {
      redis.assertConnected()
      await jobs.addBulk(
        list.map(({ id, lane }) =>
          lane === null
            ? { name: 'probe', data: {}, opts: { jobId: id } }
            : { name: 'drain', data: { lane }, opts: { jobId: id } },
        ),
      )
    },

    /** How many jobs there are. */
    async count(): Promise<number> {
      redis.assertConnected()
      return jobs.getJobCountByTypes('waiting', 'active')
    },

    /** Takes nothing more. */
    pause(): void {
      void worker.pause(true)
    },

    /** Gives finished jobs `ms` to be told to Redis, and closes the connections whatever they wait for. */
    async close(ms: number): Promise<void> {
      if (active > 0 && ms > 0) {
        await new Promise<void>(resolve => {
          const limit = clock.setTimeout(resolve, ms)
          onIdle = () => {
            clock.clearTimeout(limit)
            resolve()
          }
        })
      }
      await worker.close(true)
      await jobs.close()
      redis.close()
    },
  }
}
