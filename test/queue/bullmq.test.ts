import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createBullMqQueue } from '../../src/queue/bullmq.ts'
import { describeWithRedis, forget, onRedis, sharedRedis } from '../redis.ts'
import { queueContract } from './contract.ts'
import { realClock, until, wakeSoon } from './real.ts'

const logger = pino({ enabled: false })

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
      logger,
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

  it('a lane whose process was killed in the middle of a drain is drained at once after the restart, five times in a row', async () => {
    const name = randomUUID()
    onTestFinished(() => forget(redis.url, name))
    const lanes = Array.from({ length: 20 }, (_, n) => `lane${n}`)
    for (let round = 0; round < 5; round++) {
      const seen = new Set<string>()
      const script = fileURLToPath(new URL('./hanging-worker.ts', import.meta.url))
      const child = spawn(process.execPath, [script, redis.url, name, ...lanes], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      createInterface(child.stdout).on('line', lane => seen.add(lane))
      const ended = once(child, 'exit')
      await until(() => seen.size === lanes.length)
      child.kill('SIGKILL')
      await ended
    }

    const queue = createBullMqQueue({ url: redis.url, name, clock: realClock, logger })
    const drained: string[] = []
    queue.start(async lane => {
      drained.push(lane)
      return null
    })
    const began = Date.now()
    for (const lane of lanes) wakeSoon(queue, lane)
    await until(() => drained.length === lanes.length)
    expect(Date.now() - began).toBeLessThan(2_000)
    expect(queue.problem()).toBeNull()
    expect(drained.toSorted()).toEqual(lanes.toSorted())
    await queue.stop(1_000)
    const failed = await onRedis(redis.url, client => client.zcard(`whatsapp-manager:${name}:failed`))
    expect(failed).toBe(0)
  })

  /** A queue that uses Redis, what it drained, and how many jobs it has added. */
  async function counted() {
    const name = randomUUID()
    onTestFinished(() => forget(redis.url, name))
    const queue = createBullMqQueue({ url: redis.url, name, clock: realClock, logger })
    onTestFinished(() => queue.stop(1_000))
    const drained: string[] = []
    queue.start(async lane => {
      drained.push(lane)
      return null
    })
    const added = async () => {
      const events = await onRedis(redis.url, client =>
        client.xrange(`whatsapp-manager:${name}:events`, '-', '+'),
      )
      return events.filter(([, fields]) => fields[fields.indexOf('event') + 1] === 'added').length
    }
    // The probe is the only job before.
    await expect.poll(added).toBe(1)
    wakeSoon(queue, 'first')
    await until(() => drained.length === 1)
    expect(await added()).toBe(2)
    return { queue, drained, added }
  }

  it('many wakes of one lane that has to wait are one job', async () => {
    const { queue, drained, added } = await counted()
    for (let n = 0; n < 1_000; n++) wakeSoon(queue, 'a')
    await until(() => drained.length === 2)
    expect(await added()).toBe(3)
  })

  it('a lane that finds room is no job: messages one after the other, or in 30 lanes at once', async () => {
    const { queue, drained, added } = await counted()
    for (let n = 0; n < 50; n++) {
      queue.wake('a')
      await until(() => drained.length === n + 2)
    }
    for (let n = 0; n < 30; n++) queue.wake(`lane${n}`)
    expect(drained).toHaveLength(81)
    expect(await added()).toBe(2)
  })
})
