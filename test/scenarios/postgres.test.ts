import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createSchema, describeWithPostgres, dropSchema, urlOfSchema } from '../postgres.ts'
import { createOwnRedis, describeWithOwnRedis, type OwnRedis } from '../redis.ts'
import { commandOf } from '../run-command.ts'
import { World } from './world.ts'

const SHOP = '34600000001'
const BAR = '34600000003'
const ANA = '34600000002'
const PASSWORD = 'hunter2'
const WAIT = { timeout: 20_000, interval: 25 }

await describeWithPostgres('with the store in PostgreSQL', () => {
  describeWithOwnRedis('and the queue on Redis', () => {
    const migrate = commandOf('migrate/run.ts')
    const picture = randomBytes(20_000)
    let redis: OwnRedis
    let schema: string
    let world: World
    let server: { DATABASE_URL: string; REDIS_URL: string }
    beforeAll(async () => {
      redis = await createOwnRedis()
      await redis.start()
      schema = await createSchema()
      const url = new URL(urlOfSchema(schema))
      // Whoever comes from this machine is trusted, whatever it says.
      url.password ||= PASSWORD
      server = { DATABASE_URL: url.href, REDIS_URL: redis.url }
      world = new World({ CONNECT_PER_SECOND: '1000' })
      await world.start()
      await world.link('shop', SHOP, 7)
    }, 30_000)
    afterAll(async () => {
      await world.end()
      await dropSchema(schema)
      await redis.close()
    })

    const ana = () => world.simulator.contact(ANA, { name: 'Ana' })
    const heard = (session: string, text: string) =>
      vi.waitFor(() => {
        const told = world.laravel.accepted('/messages', session).filter(({ body }) => body === text)
        expect(told).toHaveLength(1)
        return told[0]!
      }, WAIT)
    const seqs = async (session: string) => {
      const { body } = await world.call('GET', `/sessions/${session}/events?limit=1000`)
      return (body as unknown as { events: { seq: number }[] }).events.map(({ seq }) => seq)
    }
    const sendOnce = (body: string) =>
      world.call('POST', '/send-message', {
        ...{ session_id: 'shop', wa_id: ANA, type: 'text', body, idempotency_key: 'once' },
      })

    it('an embedded store moves there: no QR, what waits is read, seqs, keys and files go on', {
      timeout: 60_000,
    }, async () => {
      const { id } = await ana().say(SHOP, { image: picture, mimetype: 'image/jpeg' })
      const told = await world.laravel.seen(
        ({ path, body }) => path === '/messages' && body.message_id === id,
      )
      const { pathname, search } = new URL((told.body.media as { url: string }).url)
      const first = await sendOnce('hello')
      expect(first).toMatchObject({ status: 200, body: { status: 'sent' } })
      const before = await seqs('shop')
      const looked = await migrate('--from', world.dataDir, '--to', server.DATABASE_URL)
      expect(looked).toMatchObject({
        code: 1,
        progress: expect.stringMatching(/in use by another running manager/),
      })
      await world.stopManager('SIGTERM')
      await ana().say(SHOP, 'while everything moves')

      const moved = await migrate('--from', world.dataDir, '--to', server.DATABASE_URL)
      expect(moved.progress).toBe('')
      expect(moved.table).toMatch(/1 session moved/)
      await world.startManager(server)
      await world.waitForState('shop', 'open')
      await heard('shop', 'while everything moves')
      expect(world.simulator.counters).toMatchObject({ registrations: 1, refusedLogins: 0 })
      expect(await sendOnce('hello')).toMatchObject({
        status: 200,
        body: { replayed: true, message_id: first.body.message_id },
      })
      const after = await seqs('shop')
      expect(after.slice(0, before.length)).toEqual(before)
      expect(after).toEqual(after.map((_, i) => i + 1))
      const file = await fetch(`${world.url}${pathname}${search}`)
      expect([file.status, Buffer.from(await file.arrayBuffer()).equals(picture)]).toEqual([200, true])
    })

    it('a session is linked there, hears and sends, and nothing of it lies in DATA_DIR', async () => {
      await world.link('bar', BAR, 8)
      await ana().say(BAR, 'hello')
      expect(await heard('bar', 'hello')).toMatchObject({ user_id: 8, from: ANA })
      const sent = await world.send('bar', ANA, 'good day')
      expect(sent).toMatchObject({ status: 200, body: { status: 'sent' } })
      await vi.waitFor(async () => {
        const path = `/sessions/bar/messages/${sent.body.message_id}`
        expect((await world.call('GET', path)).body).toMatchObject({ status: 'delivered' })
      }, WAIT)
      expect((await world.call('GET', '/health/ready')).status).toBe(200)
      expect(readdirSync(world.dataDir)).not.toContain('store.sqlite')
    })

    it('a kill costs nobody a QR, and nothing that came meanwhile', async () => {
      const before = await seqs('bar')
      await world.stopManager('SIGKILL')
      await ana().say(BAR, 'are you there?')
      await world.startManager(server)
      for (const session of ['shop', 'bar']) await world.waitForState(session, 'open')
      await heard('bar', 'are you there?')
      expect(await world.send('bar', ANA, 'yes')).toMatchObject({ status: 200 })
      const after = await seqs('bar')
      expect(after.slice(0, before.length)).toEqual(before)
      expect(after).toEqual(after.map((_, i) => i + 1))
      expect(world.simulator.counters).toMatchObject({ registrations: 2, refusedLogins: 0 })
      expect(await world.stopManager('SIGTERM')).toBe(0)
    })

    it('no line of its log has the password', () => {
      expect(world.output).toMatch(/"data":"postgres:\/\/[^"@?]+"/)
      expect(world.output).not.toContain(PASSWORD)
    })
  })
})
