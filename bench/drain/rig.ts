import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { Child } from '../../harness/child.ts'
import { createClock } from '../../src/base/clock.ts'
import { createLaravel } from '../../src/laravel/client.ts'
import { createDeliveries } from '../../src/laravel/deliveries.ts'
import { kindOfLane } from '../../src/ports/delivery-table.ts'
import { createBullMqQueue } from '../../src/queue/bullmq.ts'
import { createInProcessQueue } from '../../src/queue/in-process.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { Backlog } from './backlog.ts'
import type { LaravelCommands } from './laravel-program.ts'

export interface RigOptions {
  chats: string[]
  /** Of BullMQ; null: lanes in this process. */
  redisUrl: string | null
  /** How long Laravel takes for an answer. */
  answerMs: number
}

export type Rig = Awaited<ReturnType<typeof openRig>>

/** The deliveries as they run in the manager, on a real store, with a Laravel of their own over HTTP. */
export async function openRig({ chats, redisUrl, answerMs }: RigOptions) {
  const dataDir = await mkdtemp(join(tmpdir(), 'drain-'))
  const clock = createClock()
  const logger = pino({ enabled: false })
  const child = new Child<LaravelCommands>({ name: 'laravel', file: 'bench/drain/laravel-program.ts' })
  const url = await child.remote.call('listen', answerMs)
  const store = await openSqliteStore({ dataDir })
  const laravel = createLaravel({ url, token: 'token', secrets: ['secret'], clock, logger })
  const queue =
    redisUrl === null
      ? createInProcessQueue({ clock, groupOf: kindOfLane })
      : createBullMqQueue({ url: redisUrl, name: store.id, clock, logger, groupOf: kindOfLane })
  const deliveries = createDeliveries({ store: store.deliveries, queue, laravel, clock, logger })
  const backlog = new Backlog(store, chats)
  await backlog.open()

  return {
    backlog,
    deliveries,
    laravel: child.remote,
    pending: async () => (await store.deliveries.counts()).pending,

    /** What the manager receives until `signal` aborts, so many messages a second. */
    async traffic(perSecond: number, signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        for (const lane of await backlog.receive(Math.ceil(perSecond / 10))) deliveries.wake(lane)
        await pause(100)
      }
    },

    async close(): Promise<void> {
      await deliveries.stop(1_000)
      await laravel.close()
      await store.close()
      await child.stop()
      await rm(dataDir, { recursive: true, force: true })
      if (redisUrl !== null) await forgetJobs(redisUrl, store.id)
    },
  }
}

async function forgetJobs(url: string, name: string): Promise<void> {
  const redis = new Redis(url)
  for await (const keys of redis.scanStream({ match: `whatsapp-manager:${name}:*` }))
    if (keys.length > 0) await redis.del(...keys)
  redis.disconnect()
}
