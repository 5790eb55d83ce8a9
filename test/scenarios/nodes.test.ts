import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { Wire } from '../../harness/wire.ts'
import { createSchema, describeWithPostgres, dropSchema, urlOfSchema } from '../postgres.ts'
import { createOwnRedis, describeWithOwnRedis, type OwnRedis } from '../redis.ts'
import { Fleet, type Manager, WAIT } from './fleet.ts'

const LEASE = 3_000
const NUMBERS = ['34600000011', '34600000012', '34600000013']
const ANA = '34600000002'
const AWAY = 'while Laravel was away'

await describeWithPostgres('Several managers on one PostgreSQL', () => {
  describeWithOwnRedis('and one Redis', () => {
    let redis: OwnRedis
    let schema: string
    let fleet: Fleet
    let [one, two]: Manager[] = []
    beforeAll(async () => {
      redis = await createOwnRedis()
      await redis.start()
      schema = await createSchema()
      fleet = new Fleet({
        DATABASE_URL: urlOfSchema(schema),
        REDIS_URL: redis.url,
        NODE_LEASE_MS: String(LEASE),
        MARK_READ: 'true',
      })
      await fleet.begin()
      one = await fleet.add()
      for (const [i, number] of NUMBERS.entries()) await fleet.link(one, `shop-${i}`, number)
    }, 25_000)
    afterAll(async () => {
      await fleet.end()
      await dropSchema(schema)
      await redis.close()
    })

    const ana = () => fleet.simulator.contact(ANA, { name: 'Ana' })

    /** Each has its share: two of one, one of the other. */
    const isShared = () =>
      vi.waitFor(async () => expect([await one!.live(), await two!.live()].sort()).toEqual([1, 2]), WAIT)

    it('a node that joins takes its share, and both answer for all', { timeout: 30_000 }, async () => {
      two = await fleet.add()
      await isShared()
      for (const manager of [one!, two]) {
        const { body } = await manager.call('GET', '/sessions')
        expect(body).toMatchObject({ count: 3 })
        for (const i of NUMBERS.keys()) await fleet.isOpen(manager, `shop-${i}`)
      }
      for (const [i, number] of NUMBERS.entries()) await ana().say(number, `hello ${i}`)
      await vi.waitFor(() => {
        for (const i of NUMBERS.keys()) expect(fleet.texts(`shop-${i}`)).toEqual([`hello ${i}`])
      }, WAIT)
    })

    it('each says how it stands, and who is there', async () => {
      for (const manager of [one!, two!]) {
        // What it knows of the others is as of its last renewal.
        await vi.waitFor(async () => {
          const { body } = await manager.call('GET', '/health/ready')
          const node = { id: expect.any(String), url: manager.url, nodes: 2, sessions_without_node: 0 }
          expect(body).toMatchObject({ ready: true, node: { ...node, sessions: await manager.live() } })
        }, WAIT)
        const { text } = (await manager.call('GET', '/metrics')).body as unknown as { text: string }
        expect(text).toMatch(/^whatsapp_manager_nodes 2$/m)
        expect(Number(/^whatsapp_manager_node_lease_seconds ([\d.]+)/m.exec(text)?.[1])).toBeGreaterThan(0)
      }
    })

    it('what Laravel took is marked as read, whichever node delivered it', { timeout: 90_000 }, async () => {
      fleet.laravel.misbehaviour = { status: 503 }
      const said: string[] = []
      for (const number of NUMBERS) said.push((await ana().say(number, AWAY)).id)
      const refused = () =>
        fleet.laravel.received.filter(({ path, status }) => path === '/messages' && status === 503)
      await vi.waitFor(() => expect(refused().length).toBeGreaterThan(0), WAIT)
      fleet.laravel.misbehaviour = null
      const read = () =>
        ana()
          .receipts.filter(({ type }) => type === 'read')
          .map(({ id }) => id)
      await vi.waitFor(() => expect(read()).toEqual(expect.arrayContaining(said)), {
        ...WAIT,
        timeout: 60_000,
      })
    })

    it('Redis away changes nothing for who has a session', async () => {
      await redis.kill()
      for (const i of NUMBERS.keys()) {
        const message = { session_id: `shop-${i}`, wa_id: ANA, type: 'text', body: `without redis ${i}` }
        expect(await two!.call('POST', '/send-message', message)).toMatchObject({ status: 200 })
      }
      await isShared()
      await redis.start()
    })

    it('any node sends for any session, and a key of idempotency counts on all', async () => {
      for (const i of NUMBERS.keys()) {
        const message = {
          session_id: `shop-${i}`,
          wa_id: ANA,
          type: 'text',
          body: `from ${i}`,
          idempotency_key: 'k',
        }
        const [first, again] = [
          await one!.call('POST', '/send-message', message),
          await two!.call('POST', '/send-message', message),
        ]
        expect(first).toMatchObject({ status: 200, body: { status: 'sent' } })
        expect(again.body).toMatchObject({ message_id: first.body.message_id, replayed: true })
      }
      expect(new Set(fleet.simulator.ledger.received.map(({ id }) => id)).size).toBe(6)
      expect(fleet.simulator.ledger.received).toHaveLength(6)
    })

    it('any node shows the QR of a session that another began, and all count all', async () => {
      await one!.call('POST', '/start', { user_id: 1, session_id: 'late' })
      await fleet.laravel.seen(({ path, body }) => path === '/qr' && body.session_id === 'late')
      const shown = await Promise.all(
        [one!, two!].map(node => node.call('GET', '/sessions/late/qr?format=json')),
      )
      expect(shown.map(({ status }) => status)).toEqual([200, 200])
      expect(shown[0]!.body.qr).toBe(shown[1]!.body.qr)
      await vi.waitFor(async () => {
        const stats = await Promise.all([one!, two!].map(node => node.call('GET', '/stats')))
        for (const { body } of stats)
          expect(body).toMatchObject({
            sessions: { totalSessions: 4, activeSessions: 3 },
            qr: { trackedSessions: 1 },
          })
      }, WAIT)
      expect(await two!.call('DELETE', '/sessions/late')).toMatchObject({ status: 200 })
      expect(await one!.call('GET', '/sessions/late')).toMatchObject({ status: 404 })
    })

    it('SIGTERM hands over: all that was there is open elsewhere within 5 s', {
      timeout: 30_000,
    }, async () => {
      const gone = two!.signal('SIGTERM')
      const from = performance.now()
      await vi.waitFor(async () => expect(await one!.live()).toBe(3), WAIT)
      for (const i of NUMBERS.keys()) await fleet.isOpen(one!, `shop-${i}`)
      expect(performance.now() - from).toBeLessThan(5_000)
      await gone
      expect(two!.output).toMatch(/"msg":"stopped"/)
    })

    it('what is sent while the node of a session is dead is accepted, and goes out once, in order', {
      timeout: 60_000,
    }, async () => {
      two = await fleet.add(two!.dataDir)
      await isShared()
      for (const i of NUMBERS.keys()) await fleet.isOpen(one!, `shop-${i}`)
      const [live, dead] = (await one!.live()) === 2 ? [two, one!] : [one!, two]
      await dead.signal('SIGKILL')
      const taken = () => fleet.simulator.ledger.received.map(({ id }) => id)
      const before = taken().length
      const ids = new Map<string, string>()
      const send = async (i: number, body: string, over: Record<string, unknown> = {}) => {
        const message = { session_id: `shop-${i}`, wa_id: ANA, type: 'text', body, ...over }
        const answer = await live.call('POST', '/send-message', message)
        expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(203)
        return answer.body as unknown as { message_id: string; status: string; replayed?: boolean }
      }
      const statuses = new Set<string>()
      for (const i of NUMBERS.keys()) {
        const first = await send(i, `left ${i}`, { idempotency_key: 'left' })
        statuses.add(first.status)
        const again = await send(i, `left ${i}`, { idempotency_key: 'left' })
        expect(again).toMatchObject({ message_id: first.message_id, replayed: true })
        const answer = await send(i, `an answer ${i}`, { reply_to: first.message_id })
        ids.set(`left ${i}`, first.message_id).set(`an answer ${i}`, answer.message_id)
      }
      expect(statuses).toContain('queued')
      await vi.waitFor(
        () => expect(taken().slice(before).toSorted()).toEqual([...ids.values()].toSorted()),
        WAIT,
      )
      for (const i of NUMBERS.keys()) {
        const own = taken().filter(id => [`left ${i}`, `an answer ${i}`].some(body => ids.get(body) === id))
        expect(own).toEqual([ids.get(`left ${i}`), ids.get(`an answer ${i}`)])
        await fleet.isOpen(live, `shop-${i}`)
        await vi.waitFor(async () => {
          const { body } = await live.call('GET', `/sessions/shop-${i}/messages/${ids.get(`left ${i}`)}`)
          expect(['sent', 'delivered']).toContain(body.status)
        }, WAIT)
      }
      const key = { idempotency_key: 'left' }
      expect(await send(0, 'left 0', key)).toMatchObject({ message_id: ids.get('left 0'), replayed: true })
      expect(taken()).toHaveLength(before + ids.size)
      ;[one, two] = [live, await fleet.add(dead.dataDir)]
      await isShared()
      await two.signal('SIGTERM')
      await vi.waitFor(async () => expect(await one!.live()).toBe(3), WAIT)
    })

    it('kill -9 costs a lease and no message: what came meanwhile is told by the next owner, once', {
      timeout: 60_000,
    }, async () => {
      two = await fleet.add(two!.dataDir)
      await isShared()
      for (const i of NUMBERS.keys()) await fleet.isOpen(one!, `shop-${i}`)
      await one!.signal('SIGKILL')
      for (const [i, number] of NUMBERS.entries()) await ana().say(number, `meanwhile ${i}`)
      await vi.waitFor(async () => expect(await two!.live()).toBe(3), WAIT)
      for (const i of NUMBERS.keys()) await fleet.isOpen(two!, `shop-${i}`)
      await vi.waitFor(() => {
        for (const i of NUMBERS.keys())
          expect(fleet.texts(`shop-${i}`)).toEqual([`hello ${i}`, AWAY, `meanwhile ${i}`])
      }, WAIT)
    })

    it('a node that was stopped for longer than its lease finds its sessions elsewhere, and writes nothing', {
      timeout: 60_000,
    }, async () => {
      one = await fleet.add(one!.dataDir)
      await isShared()
      for (const i of NUMBERS.keys()) await fleet.isOpen(one!, `shop-${i}`)
      await two!.signal('SIGSTOP')
      await vi.waitFor(async () => expect(await one!.live()).toBe(3), WAIT)
      for (const i of NUMBERS.keys()) await fleet.isOpen(one!, `shop-${i}`)
      for (const [i, number] of NUMBERS.entries()) await ana().say(number, `asleep ${i}`)
      await two!.signal('SIGCONT')
      await vi.waitFor(() => expect(two!.output).toMatch(/lease of this node could not be renewed/), WAIT)
      await isShared()
      await vi.waitFor(() => {
        for (const i of NUMBERS.keys())
          expect(fleet.texts(`shop-${i}`)).toEqual([`hello ${i}`, AWAY, `meanwhile ${i}`, `asleep ${i}`])
      }, WAIT)
      const { qrs } = { qrs: fleet.laravel.accepted('/qr', 'shop-0') }
      expect(qrs).toHaveLength(1)
    })

    it('a node that hears nothing of the database ends its sockets before another opens them', {
      timeout: 60_000,
    }, async () => {
      const url = new URL(urlOfSchema(schema))
      const wire = new Wire(url.href)
      url.host = `127.0.0.1:${await wire.listen()}`
      await two!.signal('SIGTERM')
      two = await fleet.add(two!.dataDir, { DATABASE_URL: url.href.replaceAll('+', '%20') })
      await isShared()
      for (const i of NUMBERS.keys()) await fleet.isOpen(one!, `shop-${i}`)
      const { replaced } = fleet.simulator.ledger
      const before = replaced.length
      wire.set('held')
      await vi.waitFor(async () => expect(await one!.live()).toBe(3), WAIT)
      for (const i of NUMBERS.keys()) await fleet.isOpen(one!, `shop-${i}`)
      expect(replaced.slice(before)).toEqual([])
      wire.set('well')
      await isShared()
      await wire.close()
    })
  })
})
