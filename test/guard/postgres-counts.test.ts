import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createSchema, describeWithPostgres, dropSchema, urlOfSchema } from '../postgres.ts'
import { createOwnRedis, describeWithOwnRedis, type OwnRedis } from '../redis.ts'
import { World } from '../scenarios/world.ts'
import { expectSettled } from '../settled.ts'

/**
 * What a message that is received asks of PostgreSQL: a look at its stanza and its key, one commit, its lane with what is first in it, and
 * the commit of its delivery. Messages go one after the other, so nothing has company: that is the most they can cost.
 */
const LIMITS = { statements: 22, commits: 2 }

const MESSAGES = 20
const SHOP = '34600000001'
const ANA = '34600000002'

await describeWithPostgres('with the store in PostgreSQL', () => {
  describeWithOwnRedis('and the queue on Redis', () => {
    let redis: OwnRedis
    let schema: string
    let world: World
    beforeAll(async () => {
      redis = await createOwnRedis()
      await redis.start()
      schema = await createSchema()
      world = new World({ LOG_LEVEL: 'info', DATABASE_URL: urlOfSchema(schema), REDIS_URL: redis.url })
      await world.start()
      await world.stopManager('SIGTERM')
      await world.startManager({}, ['./test/guard/counting-postgres-preload.ts'])
      await world.link('shop', SHOP)
      await receive(3)
    }, 60_000)
    afterAll(async () => {
      await world.end()
      await dropSchema(schema)
      await redis.close()
    })

    it('a message that is received costs no more than it did', async () => {
      const before = await counts()
      await receive(MESSAGES)
      const after = await counts()
      const each = (name: keyof typeof LIMITS) => (after[name] - before[name]) / MESSAGES
      expect(each('commits')).toBeLessThanOrEqual(LIMITS.commits)
      expect(each('statements')).toBeLessThanOrEqual(LIMITS.statements)
    })

    async function receive(count: number): Promise<void> {
      for (let n = 0; n < count; n++) {
        const { id } = await world.simulator.contact(ANA).say(SHOP, `text ${n}`)
        await world.laravel.seen(({ path, body }) => path === '/messages' && body.message_id === id)
      }
    }

    /** Once all is acknowledged, and as many commits as there were a moment ago. */
    async function counts(): Promise<typeof LIMITS> {
      await expectSettled(world.simulator)
      let last = Number.NaN
      let found = await printed()
      await vi.waitFor(
        async () => {
          found = await printed()
          const quiet = found.commits === last
          last = found.commits
          expect(quiet, 'something is still being committed').toBe(true)
        },
        { timeout: 20_000, interval: 300 },
      )
      return found
    }

    async function printed(): Promise<typeof LIMITS> {
      const mark = `counted-${Math.random()}`
      world.tell(mark)
      return vi.waitFor(() => {
        const line = world.output.split('\n').find(text => text.startsWith(mark))
        if (line === undefined) throw new Error('the manager has not counted yet')
        return JSON.parse(line.slice(mark.length))
      })
    }
  })
})
