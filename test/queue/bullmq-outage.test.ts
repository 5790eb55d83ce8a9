import { Queue as Jobs } from 'bullmq'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Clock } from '../../src/base/clock.ts'
import type { Queue } from '../../src/ports/queue.ts'
import { createBullMqQueue } from '../../src/queue/bullmq.ts'
import { createOwnRedis, describeWithOwnRedis, type OwnRedis, onRedis } from '../redis.ts'
import { createFastClock, createLog, realClock, until, wakeSoon } from './real.ts'

// Slow for a reason: a Redis of its own dies, hangs and comes back, and BullMQ notices in its own time.

const SECOND = 1_000

describeWithOwnRedis('the BullMQ queue', () => {
  let redis: OwnRedis
  let queues: Queue[]
  let log: ReturnType<typeof createLog>

  beforeEach(async () => {
    redis = await createOwnRedis()
    queues = []
    log = createLog()
  })

  afterEach(async () => {
    for (const queue of queues) await queue.stop(0)
    await redis.close()
  })

  function create(options: { name?: string; concurrency?: number; url?: string; clock?: Clock } = {}): Queue {
    const { name = 'one', url = redis.url, concurrency = 4, clock = realClock } = options
    const queue = createBullMqQueue({ url, name, clock, logger: log.logger, concurrency })
    queues.push(queue)
    return queue
  }

  /** Jobs in Redis that wait or are worked on. */
  const held = () =>
    onRedis(redis.url, async client => {
      const prefix = 'whatsapp-manager:one'
      return (await client.llen(`${prefix}:wait`)) + (await client.llen(`${prefix}:active`))
    })

  /** Resolves when the queue has run `count` more scripts in Redis. */
  async function runs(count: number): Promise<void> {
    const scripts = () =>
      onRedis(redis.url, async client =>
        Number(/cmdstat_evalsha:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0),
      )
    const before = await scripts()
    await expect.poll(scripts, { timeout: 10 * SECOND }).toBeGreaterThanOrEqual(before + count)
  }

  /** Drains that stay until `open` is called. */
  function gated() {
    const inside = new Map<string, () => void>()
    const calls: string[] = []
    let overlapped = false
    return {
      inside,
      calls,
      overlapped: () => overlapped,
      open: () => {
        for (const [lane, leave] of [...inside]) {
          inside.delete(lane)
          leave()
        }
      },
      drain: (lane: string) =>
        new Promise<number | null>(resolve => {
          calls.push(lane)
          if (inside.has(lane)) overlapped = true
          inside.set(lane, () => resolve(null))
        }),
    }
  }

  /** Drains that end at once. */
  function counting() {
    const calls: string[] = []
    return {
      calls,
      drain: async (lane: string) => {
        calls.push(lane)
        return null
      },
    }
  }

  it('a lane that had to wait for room is one job in Redis until it was drained, however many wait', async () => {
    await redis.start()
    const queue = create({ concurrency: 3 })
    const { drain, inside, calls, open } = gated()
    queue.start(drain)
    await until(() => queue.problem() === null)
    for (let n = 0; n < 3; n++) queue.wake(`at once ${n}`)
    expect(inside.size).toBe(3)
    queue.wake('session|chat:with@colons')
    for (let n = 4; n < 300; n++) {
      queue.wake(`lane${n}`)
      queue.wake(`lane${n}`)
    }
    // What looks whether Redis works is a job of a moment.
    await expect.poll(held).toBe(0)
    for (let n = 1; n <= 100; n++) {
      await until(() => inside.size === 3)
      if (n % 20 === 0) await expect.poll(held).toBe(3)
      open()
    }
    expect(calls).toHaveLength(300)
    await expect.poll(held).toBe(0)
    await queue.stop(SECOND)
    const jobs = await onRedis(redis.url, client => client.keys('whatsapp-manager:one:*-*-*'))
    expect(jobs.filter(key => !key.endsWith('stalled-check'))).toEqual([])
  })

  it('the queue starts without Redis, drains meanwhile, logs it once, and uses Redis once it is there', async () => {
    const queue = create({ concurrency: 100 })
    const { drain, calls, inside, open } = gated()
    queue.start(drain)
    for (let n = 0; n < 100; n++) queue.wake(`lane${n}`)
    await until(() => calls.length === 100 && queue.problem() !== null)
    expect(queue.problem()?.message).toMatch(
      /^Redis at 127\.0\.0\.1:\d+ cannot be used since .* \(.*ECONNREFUSED.*\)/,
    )
    open()
    await redis.start()
    await until(() => queue.problem() === null)
    wakeSoon(queue, 'through redis')
    await until(() => inside.has('through redis'))
    expect(await held()).toBe(1)
    open()
    expect(log.seen()).toEqual(['redis cannot be used, deliveries go on without it', 'redis is back'])
  })

  it('cut connections do no harm', async () => {
    await redis.start()
    const queue = create()
    const waiting = new Set<string>()
    queue.start(async lane => {
      waiting.delete(lane)
      return null
    })
    for (let round = 0; round < 30; round++) {
      for (let n = 0; n < 30; n++) {
        waiting.add(`lane${n}`)
        queue.wake(`lane${n}`)
      }
      await onRedis(redis.url, async client => {
        const ids = [...`${await client.client('LIST')}`.matchAll(/\bid=(\d+)/g)].map(match => match[1]!)
        const others = ids.filter(id => id !== ids.at(-1))
        if (others.length > 0) await client.client('KILL', 'ID', others[round % others.length]!)
      })
      await until(() => waiting.size === 0)
    }
    await until(() => queue.problem() === null)
  })

  it('the queue stops at once without Redis and leaves no timer or socket', async () => {
    const queue = create()
    const { drain, calls } = counting()
    const before = process.getActiveResourcesInfo().length
    queue.start(drain)
    queue.wake('a')
    await until(() => calls.length === 1)
    await until(() => queue.problem() !== null)
    const began = Date.now()
    await queue.stop(5 * SECOND)
    expect(Date.now() - began).toBeLessThan(SECOND)
    await until(() => process.getActiveResourcesInfo().length <= before, SECOND)
  })

  it('no lane is forgotten when Redis is killed and restarted during drains, three times', async () => {
    await redis.start()
    const queue = create()
    const waiting = new Map<string, number>()
    let overlapped = 0
    const running = new Set<string>()
    queue.start(async lane => {
      if (running.has(lane)) overlapped++
      running.add(lane)
      waiting.delete(lane)
      await new Promise(resolve => setTimeout(resolve, 3))
      running.delete(lane)
      return null
    })
    let n = 0
    for (let round = 0; round < 3; round++) {
      const stop = Date.now() + 600
      let killed = false
      while (Date.now() < stop) {
        for (let burst = 0; burst < 20; burst++) {
          const lane = `lane${n++ % 500}`
          waiting.set(lane, round)
          queue.wake(lane)
        }
        if (!killed && Date.now() > stop - 300) {
          killed = true
          await redis.kill()
        }
        await new Promise(resolve => setTimeout(resolve, 5))
      }
      await redis.start()
    }
    await until(() => waiting.size === 0)
    await until(() => queue.problem() === null)
    for (let lane = 0; lane < 500; lane++) {
      waiting.set(`lane${lane}`, 3)
      queue.wake(`lane${lane}`)
    }
    await until(() => waiting.size === 0)
    expect(overlapped).toBe(0)
    expect(await onRedis(redis.url, client => client.llen('whatsapp-manager:one:wait'))).toBe(0)
  })

  it('lanes that a FLUSHALL removed are added again', async () => {
    await redis.start()
    const queue = create({ concurrency: 20 })
    const { drain, calls, inside, open } = gated()
    queue.start(drain)
    wakeSoon(queue, 'first')
    await until(() => inside.size === 1)
    const connection = { host: '127.0.0.1', port: redis.port }
    const jobs = new Jobs('one', { prefix: 'whatsapp-manager', connection })
    await jobs.pause()
    for (let n = 0; n < 19; n++) wakeSoon(queue, `lane${n}`)
    await expect.poll(() => jobs.count()).toBe(19)
    // With everything else the pause is gone, too.
    await onRedis(redis.url, client => client.flushall())
    await jobs.close()
    await until(() => inside.size === 20)
    await expect.poll(held).toBe(19)
    open()
    await expect.poll(held).toBe(0)
    expect(calls).toHaveLength(20)
    expect(queue.problem()).toBeNull()
  })

  it('a Redis that does not answer is noticed, lanes are drained without it, and it is used again later', {
    timeout: 60_000,
  }, async () => {
    await redis.start()
    const queue = create()
    const { drain, calls } = counting()
    queue.start(drain)
    wakeSoon(queue, 'first')
    await until(() => calls.length === 1)
    expect(queue.problem()).toBeNull()
    await redis.kill('SIGSTOP')
    await until(() => queue.problem() !== null, 6 * SECOND)
    for (let n = 0; n < 20; n++) wakeSoon(queue, `lane${n}`)
    await until(() => calls.length === 21)
    await redis.kill('SIGCONT')
    await until(() => queue.problem() === null, 30 * SECOND)
    await expect.poll(held).toBe(0)
    wakeSoon(queue, 'last')
    await until(() => calls.includes('last'))
    expect(calls).toHaveLength(22)
  })

  it('Redis does not count as down when this process was busy itself', async () => {
    await redis.start()
    const clock = createFastClock(10)
    const queue = create({ clock })
    const { drain, calls } = counting()
    queue.start(drain)
    for (let round = 1; round <= 10; round++) {
      wakeSoon(queue, 'a', clock)
      await until(() => calls.filter(lane => lane === 'a').length === round)
      await runs(1)
      const end = Date.now() + 100 * round
      while (Date.now() < end) wakeSoon(queue, `b${round}`, clock)
      await until(() => calls.includes(`b${round}`))
    }
    expect(queue.problem()).toBeNull()
    expect(log.seen()).toEqual([])
  })

  it('the queue stops in time while Redis does not answer', async () => {
    await redis.start()
    const queue = create()
    const { drain, calls, inside, open } = gated()
    queue.start(drain)
    wakeSoon(queue, 'a')
    await until(() => inside.size === 1)
    await redis.kill('SIGSTOP')
    wakeSoon(queue, 'b')
    const began = Date.now()
    const stop = queue.stop(2 * SECOND)
    open()
    await stop
    expect(Date.now() - began).toBeLessThan(2 * SECOND)
    expect(calls).toEqual(['a'])
  })

  it('lanes are drained while somebody has paused the BullMQ queue, jobs do not pile up, and Redis is used again later', {
    timeout: 60_000,
  }, async () => {
    await redis.start()
    const clock = createFastClock(10)
    const queue = create({ clock })
    const { drain, calls } = counting()
    queue.start(drain)
    wakeSoon(queue, 'first', clock)
    await until(() => calls.length === 1)
    const jobs = new Jobs('one', {
      prefix: 'whatsapp-manager',
      connection: { host: '127.0.0.1', port: redis.port },
    })
    await jobs.pause()
    wakeSoon(queue, 'second', clock)
    await until(() => calls.length === 2, 20 * SECOND)
    expect(queue.problem()?.message).toMatch(/paused/)
    await runs(10)
    expect(await jobs.count()).toBeLessThanOrEqual(2)
    await jobs.resume()
    await until(() => queue.problem() === null)
    await jobs.close()
    expect(calls).toEqual(['first', 'second'])
  })

  it('lanes are drained while Redis is full', async () => {
    await redis.start()
    const clock = createFastClock(10)
    const queue = create({ clock })
    const { drain, calls } = counting()
    queue.start(drain)
    wakeSoon(queue, 'first', clock)
    await until(() => calls.length === 1)
    await onRedis(redis.url, client => client.config('SET', 'maxmemory', '1'))
    wakeSoon(queue, 'second', clock)
    await until(() => calls.length === 2)
    await until(() => /OOM/.test(queue.problem()?.message ?? ''))
    await runs(10)
    await onRedis(redis.url, client => client.config('SET', 'maxmemory', '0'))
    await until(() => queue.problem() === null)
    expect(log.seen()).toEqual(['redis cannot be used, deliveries go on without it', 'redis is back'])
  })

  it('two installations on one Redis do not share lanes', async () => {
    await redis.start()
    const names = ['one', 'two', 'o:ne', 'o_ne']
    const drained = names.map(counting)
    for (const [index, name] of names.entries()) create({ name }).start(drained[index]!.drain)
    for (let n = 0; n < 50; n++) for (const [index, queue] of queues.entries()) queue.wake(`${index}.${n}`)
    await until(() => drained.every(({ calls }) => calls.length >= 50))
    for (const [index, { calls }] of drained.entries())
      expect(calls.toSorted()).toEqual(Array.from({ length: 50 }, (_, n) => `${index}.${n}`).toSorted())
  })

  it('no log line or error holds the password, whatever fails', async () => {
    await redis.start()
    await onRedis(redis.url, client => client.config('SET', 'requirepass', 'right'))
    const queue = create({ url: `redis://:s3cr3t-p4ss@127.0.0.1:${redis.port}` })
    const { drain, calls } = counting()
    queue.start(drain)
    queue.wake('a')
    await until(() => calls.length === 1)
    await until(() => queue.problem() !== null)
    expect(queue.problem()?.message).toMatch(/WRONGPASS/)
    await queue.stop(0)
    expect(`${log.text()}${queue.problem()?.message}`).not.toContain('s3cr3t-p4ss')
    expect(log.seen()).toHaveLength(1)
  })

  it('a Redis that may evict keys is warned of once, and never on the console', async () => {
    const spies = [vi.spyOn(console, 'warn'), vi.spyOn(console, 'error')]
    await redis.close()
    redis = await createOwnRedis(['--maxmemory-policy', 'allkeys-lru'])
    await redis.start()
    const queue = create()
    queue.start(counting().drain)
    await until(() => log.seen().length > 0)
    await redis.kill()
    await until(() => queue.problem() !== null)
    await redis.start()
    await until(() => queue.problem() === null)
    await queue.stop(0)
    expect(log.seen().filter(line => /maxmemory/.test(line))).toHaveLength(1)
    for (const spy of spies) {
      expect(spy).not.toHaveBeenCalled()
      spy.mockRestore()
    }
  })
})
