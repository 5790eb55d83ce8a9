import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drainTables, type OutageRow, verdict } from '../../../bench/drain/report-drain.ts'
import { measureOutage, measurePoison, type OutageFigures } from '../../../bench/drain/scenarios.ts'
import { describeWithRedis, sharedRedis } from '../../redis.ts'

const SHORT = { warmUp: 20, messages: 900, lanes: 700, awayMs: 1_500, perSecond: 20 }

/** What is right whatever the machine does meanwhile. */
function expectRight(figures: OutageFigures): void {
  expect(figures.troubles).toEqual([])
  // What was in flight, what it takes to know, and the probes after 1 s and 3 s.
  expect(figures.requestsAway).toBeLessThan(32 + 8 + 3)
  expect(figures.perSecond).toBeGreaterThan(0)
}

describe('the drain of what waited for Laravel', () => {
  it('takes all of it, once each and in order, with few requests while Laravel is away', async () => {
    expectRight(await measureOutage({ ...SHORT, redisUrl: null }))
  }, 120_000)

  it('delivers every lane that is not poisoned', async () => {
    const options = { lanes: 100, perLane: 3, share: 0.05, redisUrl: null, answerMs: 1 }
    expect(await measurePoison(options)).toBeGreaterThan(0)
  }, 60_000)
})

await describeWithRedis('the drain over BullMQ', () => {
  let redis: Awaited<ReturnType<typeof sharedRedis>>
  beforeAll(async () => {
    redis = await sharedRedis()
  })
  afterAll(() => redis.close())

  it('is as right', async () => {
    expectRight(await measureOutage({ ...SHORT, redisUrl: redis.url }))
  }, 120_000)
})

describe('the table of a drain', () => {
  const row = (changes: Partial<OutageFigures> = {}): OutageRow => ({
    queue: 'in process',
    messages: 30_000,
    lanes: 30,
    came: 50,
    figures: {
      perSecond: 250,
      seconds: 120,
      cpuPerDelivery: 0.5,
      requestsAway: 11,
      away: { wall: 300, cpu: 4 },
      drain: { wall: 100, cpu: 49.9 },
      troubles: [],
      ...changes,
    },
  })

  it('says ok when it was five times as fast and the event loop was free, whatever else the machine did', () => {
    expect(verdict(row())).toBe('ok')
    expect(verdict(row({ perSecond: 249 }))).toBe('over')
    expect(verdict(row({ away: { wall: 60, cpu: 51 } }))).toBe('over')
  })

  it('names what went wrong, and what poison costs', () => {
    const poison = { queue: 'in process', none: 100, one: 91, five: 89 }
    const text = drainTables('title', [row({ troubles: ['2 messages came twice'] })], [poison])
    expect(text).toContain('in process: 2 messages came twice')
    expect(text).toMatch(/in process +30000 +30 +250 +5\.0/)
    expect(text).toMatch(/in process +100 +91 \(-9 %\) +89 \(-11 %\) +over/)
  })
})
