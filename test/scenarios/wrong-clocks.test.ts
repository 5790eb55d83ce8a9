import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { retryDelay } from '../../src/laravel/retry-schedule.ts'
import { createSchema, describeWithPostgres, dropSchema, urlOfSchema } from '../postgres.ts'
import { createOwnRedis, describeWithOwnRedis, type OwnRedis } from '../redis.ts'
import { Fleet, type Manager, WAIT } from './fleet.ts'

const LEASE = 3_000
const TEN_MINUTES = 600_000
const NUMBER = '34600000021'
const ANA = '34600000002'
/** What a take-over costs at most beside the schedule: the lease, the look for it, the open. */
const TAKEN_OVER = LEASE + 4_000

await describeWithPostgres('Nodes whose clocks are twenty minutes apart', () => {
  describeWithOwnRedis('and one Redis', () => {
    const folder = mkdtempSync(join(tmpdir(), 'clocks-'))
    let redis: OwnRedis
    let schema: string
    let fleet: Fleet
    let node: Manager
    beforeAll(async () => {
      redis = await createOwnRedis()
      await redis.start()
      schema = await createSchema()
      fleet = new Fleet({
        DATABASE_URL: urlOfSchema(schema),
        REDIS_URL: redis.url,
        NODE_LEASE_MS: String(LEASE),
        LARAVEL_WEBHOOK_SECRET: 'whsec_c2VjcmV0',
      })
      await fleet.begin()
      node = await nodeWith('ahead', TEN_MINUTES)
      await fleet.link(node, 'shop', NUMBER)
      await vi.waitFor(() => expect(fleet.laravel.estados.get('shop')).toBe('active'), WAIT)
    }, 25_000)
    afterAll(async () => {
      await fleet.end()
      await dropSchema(schema)
      await redis.close()
      rmSync(folder, { recursive: true })
    })

    /** Sets the machine of a node to another time, also while it runs. */
    const set = (name: string, shift: number) => writeFileSync(join(folder, name), String(shift))
    async function nodeWith(name: string, shift: number): Promise<Manager> {
      set(name, shift)
      return fleet.add(undefined, {
        NODE_OPTIONS: `--import ${new URL('../../harness/jumping-clock.ts', import.meta.url).href}`,
        CLOCK_SHIFT_FILE: join(folder, name),
      })
    }
    const ana = () => fleet.simulator.contact(ANA, { name: 'Ana' })
    const attempts = () =>
      fleet.laravel.received.filter(({ path, method }) => method === 'POST' && path === '/messages')

    it('what one of them will try again, the other tries when it is due', { timeout: 60_000 }, async () => {
      fleet.laravel.misbehaviour = { status: 500 }
      await ana().say(NUMBER, 'hello')
      await vi.waitFor(() => expect(attempts()).toHaveLength(1), WAIT)
      // What is listed is durable.
      await vi.waitFor(async () => {
        const { body } = await node.call('GET', '/deliveries')
        expect(body).toMatchObject({ deliveries: [{ kind: 'messages', attempts: 1 }] })
      }, WAIT)
      await node.signal('SIGKILL')
      fleet.laravel.misbehaviour = null
      node = await nodeWith('behind', -TEN_MINUTES)
      await vi.waitFor(() => expect(fleet.texts('shop')).toEqual(['hello']), { ...WAIT, timeout: 30_000 })
      const [first, second] = attempts()
      expect(second!.at - first!.at).toBeGreaterThan(retryDelay(1) - 200)
      expect(second!.at - first!.at).toBeLessThan(retryDelay(1) + TAKEN_OVER + 2_000)
    })

    it('a connection that waits to be tried again is tried by the next owner, neither at once nor later', {
      timeout: 60_000,
    }, async () => {
      await fleet.isOpen(node, 'shop')
      await fleet.simulator.fault({ kind: 'refuse', account: NUMBER, for: 4_000 })
      await vi.waitFor(async () => expect(await node.state('shop')).toBe('reconnecting'), WAIT)
      await node.signal('SIGTERM')
      node = await nodeWith('ahead again', TEN_MINUTES)
      await fleet.isOpen(node, 'shop')
      const { body } = await node.call('POST', '/send-message', {
        ...{ session_id: 'shop', wa_id: ANA, type: 'text', body: 'still here' },
      })
      expect(body).toMatchObject({ status: 'sent' })
    })

    it('a machine that is set while it runs changes nothing either', { timeout: 60_000 }, async () => {
      fleet.laravel.misbehaviour = { status: 500 }
      const before = attempts().length
      await ana().say(NUMBER, 'jump')
      await vi.waitFor(() => expect(attempts()).toHaveLength(before + 1), WAIT)
      set('ahead again', -TEN_MINUTES)
      fleet.laravel.misbehaviour = null
      await vi.waitFor(() => expect(fleet.texts('shop')).toEqual(['hello', 'jump']), WAIT)
      const [first, second] = attempts().slice(before)
      expect(second!.at - first!.at).toBeGreaterThan(retryDelay(1) - 200)
      expect(second!.at - first!.at).toBeLessThan(retryDelay(1) + 2_000)
    })

    it('an operator hears of it, and what to do', () => {
      const said = fleet.managers.map(
        ({ output }) =>
          /the clock of this machine is (\d+) s (behind|ahead of) PostgreSQL's/.exec(output)?.[2],
      )
      expect(said).toEqual(['ahead of', 'behind', 'ahead of'])
    })

    it('all times are those of the database: what is stored, what is told, and what is signed', async () => {
      for (const { at, headers } of attempts())
        expect(Math.abs(Number(headers['webhook-timestamp']) * 1_000 - at)).toBeLessThan(3_000)
      const { body } = await node.call('GET', '/sessions/shop/events?limit=1000')
      const times = (body as unknown as { events: { at: string }[] }).events.map(({ at }) => Date.parse(at))
      expect(times.length).toBeGreaterThan(10)
      expect(times.toSorted((a, b) => a - b)).toEqual(times)
      expect(Date.now() - times[0]!).toBeLessThan(120_000)
      expect(times.at(-1)! - Date.now()).toBeLessThan(1_000)
    })
  })
})
