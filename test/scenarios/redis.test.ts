import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createOwnRedis, describeWithOwnRedis, type OwnRedis, onRedis } from '../redis.ts'
import { World } from './world.ts'

const SHOP = '34600000001'

describeWithOwnRedis('with the queue on Redis', () => {
  let redis: OwnRedis
  let world: World
  let said = 0
  beforeAll(async () => {
    redis = await createOwnRedis()
    await redis.start()
    world = new World({ LOG_LEVEL: 'info', REDIS_URL: redis.url })
    await world.start()
    await world.link('shop', SHOP)
  }, 30_000)
  afterAll(async () => {
    await world.end()
    await redis.close()
  })

  const problems = async () => {
    const { status, body } = await world.call('GET', '/health/ready')
    return {
      status,
      problems: (body as unknown as { problems: { message: string }[] }).problems
        .map(({ message }) => message)
        .join(' '),
    }
  }
  /** Ten messages of two contacts, each delivered once and in order. */
  async function talk(): Promise<void> {
    const contacts = ['34600000002', '34600000003']
    const texts = Array.from({ length: 5 }, () => `text ${said++}`)
    for (const text of texts) for (const pn of contacts) await world.simulator.contact(pn).say(SHOP, text)
    await vi.waitFor(
      () => {
        const bodies = world.laravel.accepted('/messages', 'shop')
        for (const pn of contacts)
          expect(
            bodies
              .filter(({ from, body }) => from === pn && texts.includes(String(body)))
              .map(({ body }) => body),
          ).toEqual(texts)
      },
      { timeout: 40_000, interval: 50 },
    )
  }

  it('delivers, and keeps its lanes under a name of its own', async () => {
    await talk()
    const keys = await onRedis(redis.url, client => client.keys('*'))
    expect(keys.length).toBeGreaterThan(0)
    expect(keys.every(key => /^whatsapp-manager:[0-9a-f]{16}:/.test(key))).toBe(true)
    expect(await problems()).toEqual({ status: 200, problems: '' })
  })

  it('loses nothing when Redis is emptied', async () => {
    const talking = talk()
    await onRedis(redis.url, client => client.flushall())
    await talking
  })

  it('goes on, and says so, while Redis is dead; and is well again once it is back', {
    timeout: 60_000,
  }, async () => {
    await redis.kill()
    await vi.waitFor(
      async () =>
        expect(await problems()).toMatchObject({
          status: 503,
          problems: expect.stringMatching(/Redis at 127\.0\.0\.1/),
        }),
      { timeout: 10_000, interval: 100 },
    )
    await talk()
    await redis.start()
    await vi.waitFor(async () => expect(await problems()).toEqual({ status: 200, problems: '' }), {
      timeout: 20_000,
      interval: 100,
    })
    await talk()
  })

  it('starts without Redis, and delivers what was pending when it was killed', {
    timeout: 60_000,
  }, async () => {
    world.laravel.misbehaviour = { status: 503 }
    await world.simulator.contact('34600000002').say(SHOP, 'pending')
    await vi.waitFor(
      () => expect(world.laravel.received.at(-1)).toMatchObject({ path: '/messages', status: 503 }),
      {
        timeout: 10_000,
      },
    )
    await world.stopManager('SIGKILL')
    await redis.kill()
    world.laravel.misbehaviour = null
    await world.startManager()
    await world.waitForState('shop', 'open')
    await vi.waitFor(
      () =>
        expect(world.laravel.accepted('/messages').filter(({ body }) => body === 'pending')).toHaveLength(1),
      { timeout: 40_000 },
    )
    await talk()
    expect(await world.stopManager('SIGTERM')).toBe(0)
  })
})
