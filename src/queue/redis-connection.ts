import { Redis, type RedisOptions } from 'ioredis'
import type { Logger } from 'pino'

/** Reconnects this often, and no rarer: a Redis that is back must be noticed. */
const RECONNECT = { first: 100, longest: 2_000 }
/** A connection on which nothing comes although something is asked is given up. */
const SILENCE_TIMEOUT = { producer: 10_000, worker: 30_000 }

/**
 * The connections to one Redis: `producer` fails at once while Redis is away, `worker` waits for it for ever, as BullMQ
 * demands of workers. `onClose` hears of each of them that ends, also of one that could not be opened.
 */
export function openRedis(options: { url: string; logger: Logger; onClose: (reason: string) => void }) {
  const { url, logger, onClose } = options
  const all = new Set<Redis>()
  let lastError: string | null = null

  /** ioredis prints to the console what nobody listens to. */
  function track(redis: Redis): Redis {
    all.add(redis)
    redis.on('error', (error: Error) => {
      lastError = describeError(error)
      logger.debug({ error: lastError }, 'a connection to redis has failed')
    })
    redis.on('ready', () => {
      lastError = null
    })
    // BullMQ makes the connection of a worker that blocks by itself.
    redis.duplicate = override => track(new Redis({ ...redis.options, ...override }))
    return redis
  }

  const common: RedisOptions = {
    connectTimeout: 5_000,
    disconnectTimeout: 200,
    retryStrategy: times => Math.min(RECONNECT.first * times, RECONNECT.longest),
  }
  const producer = track(
    new Redis(url, {
      ...common,
      socketTimeout: SILENCE_TIMEOUT.producer,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
    }),
  )
  const worker = track(
    new Redis(url, { ...common, socketTimeout: SILENCE_TIMEOUT.worker, maxRetriesPerRequest: null }),
  )

  // The one that blocks is left out: BullMQ renews it now and then, and nothing is lost with it.
  for (const redis of [producer, worker])
    redis.on('close', () => onClose(lastError ?? 'the connection was closed'))

  /** What may be said of an error: one line, and never a password. */
  function describeError(error: unknown): string {
    const message =
      error instanceof Error ? error.message || String(Reflect.get(error, 'code')) : String(error)
    const { password } = producer.options
    const line = message.split('\n', 1)[0]!
    return password ? line.replaceAll(password, '…') : line
  }

  return {
    producer,
    worker,
    describeError,
    /** Where it is, for people. */
    address: `${producer.options.path ?? `${producer.options.host}:${producer.options.port}`}`,
    /** Throws unless the producer is connected: BullMQ would keep what it is asked until Redis comes. */
    assertConnected(): void {
      if (producer.status !== 'ready') throw new Error(lastError ?? 'no connection yet')
    },

    /** The `maxmemory-policy` of a Redis that may throw away what it was given, or null. */
    async evictionPolicy(): Promise<string | null> {
      const info = await producer.info('memory')
      const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1]
      return policy === undefined || policy === 'noeviction' ? null : policy
    },

    close(): void {
      for (const redis of all) redis.disconnect()
    },
  }
}
