import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { afterAll, beforeAll } from 'vitest'
import { createBullMqQueue } from '../../src/queue/bullmq.ts'
import { describeWithRedis, forget, sharedRedis } from '../redis.ts'
import { queueContract } from './contract.ts'
import { realClock, until } from './real.ts'

await describeWithRedis('BullMQ', () => {
  let redis: Awaited<ReturnType<typeof sharedRedis>>
  beforeAll(async () => {
    redis = await sharedRedis()
  })
  afterAll(() => redis.close())

  queueContract('the BullMQ queue', async () => {
    const name = randomUUID()
    const queue = createBullMqQueue({
      url: redis.url,
      name,
      clock: realClock,
      logger: pino({ level: 'silent' }),
      concurrency: 4,
    })
    return {
      queue,
      now: realClock.now,
      pass: ms => new Promise(resolve => setTimeout(resolve, ms)),
      until,
      concurrency: 4,
      close: async () => {
        await queue.stop(1_000)
        await forget(redis.url, name)
      },
    }
  })
})
