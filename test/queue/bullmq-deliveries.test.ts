import { setTimeout as pass } from 'node:timers/promises'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { LaravelClient } from '../../src/laravel/client.ts'
import type { Deliveries } from '../../src/laravel/deliveries.ts'
import { createDeliveries } from '../../src/laravel/deliveries.ts'
import type { Queue } from '../../src/ports/queue.ts'
import { createBullMqQueue } from '../../src/queue/bullmq.ts'
import { createMemoryDeliveries } from '../laravel/memory-deliveries.ts'
import { createOwnRedis, describeWithOwnRedis, type OwnRedis, onRedis } from '../redis.ts'
import { realClock, until } from './real.ts'

const logger = pino({ enabled: false })

describeWithOwnRedis('deliveries over BullMQ', () => {
  let redis: OwnRedis
  let managers: Deliveries[]
  let queue: Queue
  let delivered: string[]
  let inFlight: Set<string>
  let overlapped: boolean
  let table: ReturnType<typeof createMemoryDeliveries>

  beforeEach(async () => {
    redis = await createOwnRedis()
    table = createMemoryDeliveries()
    managers = []
    delivered = []
    inFlight = new Set()
    overlapped = false
  })

  afterEach(async () => {
    for (const manager of managers) await manager.stop(0)
    await redis.close()
  })

  function begin(): Deliveries {
    const laravel: LaravelClient = {
      address: 'http://app.test/api',
      askActive: async () => ({ said: 'active', fault: null }),
      publishQr: async () => {},
      publishPairingCode: async () => {},
      async deliver(_kind, webhookId, payload, signal) {
        const lane = String(payload.session_id)
        if (inFlight.has(lane)) overlapped = true
        inFlight.add(lane)
        await pass(2)
        inFlight.delete(lane)
        if (signal?.aborted) return { result: 'aborted' }
        delivered.push(webhookId)
        return { result: 'accepted' }
      },
      faults: { note: () => null, all: () => [] },
      health: () => ({ ok: true, problem: null }),
      close: async () => {},
    }
    const clock = realClock
    // Less room than lanes: most have to wait, and go through Redis.
    queue = createBullMqQueue({ url: redis.url, name: 'deliveries', clock, logger, concurrency: 4 })
    const deliveries = createDeliveries({ store: table.store, queue, laravel, clock, logger })
    managers.push(deliveries)
    deliveries.start()
    return deliveries
  }

  it('are made once each and in order, while Redis is killed, flushed, emptied and silent', {
    timeout: 90_000,
  }, async () => {
    await redis.start()
    let deliveries = begin()
    const usesRedis = () => until(() => queue.problem() === null, 20_000)
    const expected = new Map<string, string[]>()
    let count = 0
    const traffic = async (messages: number) => {
      for (let n = 0; n < messages; n++) {
        const lane = `lane${count++ % 17}`
        expected.set(lane, [...(expected.get(lane) ?? []), table.add(lane, Date.now())])
        deliveries.wake(lane)
        if (n % 5 === 0) await pass(1)
      }
    }
    await usesRedis()
    await traffic(200)
    await redis.kill()
    await traffic(200)
    await redis.start()
    await traffic(200)
    await usesRedis()
    await traffic(200)
    await onRedis(redis.url, client => client.flushall())
    await traffic(200)
    await managers[0]!.stop(5_000)
    await redis.kill()
    deliveries = begin()
    await traffic(200)
    await redis.start()
    await usesRedis()
    await traffic(200)
    await redis.kill('SIGSTOP')
    await traffic(200)
    await until(() => table.rows.size === 0, 20_000)
    await redis.kill('SIGCONT')
    await traffic(200)
    await until(() => table.rows.size === 0, 20_000)
    expect(overlapped).toBe(false)
    expect(delivered).toHaveLength(1_800)
    for (const [lane, ids] of expected)
      expect(delivered.filter(id => id.startsWith(`stream-${lane}.`))).toEqual(ids)
  })
})
