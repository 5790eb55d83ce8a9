import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Traffic } from './traffic.ts'
import { World } from './world.ts'

describe.each(['SIGTERM', 'SIGKILL'] as const)('%s during traffic', signal => {
  const world = new World({ LOG_LEVEL: 'info', CONNECT_PER_SECOND: '1000' })
  let sessions: { id: string; number: string }[] = []
  let traffic: Traffic
  beforeAll(async () => {
    await world.start()
    sessions = await world.linkMany(5)
  }, 60_000)
  afterAll(() => world.end())

  it('stops, comes back without a QR, and loses and doubles nothing', { timeout: 90_000 }, async () => {
    const { qrRefs } = world.simulator.counters
    traffic = new Traffic(world, sessions).begin()
    await vi.waitFor(() => expect(traffic.accepted.length).toBeGreaterThan(10), { timeout: 20_000 })
    const asked = performance.now()
    const code = await world.stopManager(signal)
    expect(performance.now() - asked).toBeLessThan(25_000)
    if (signal === 'SIGTERM') expect(code).toBe(0)
    expect(world.simulator.devices).toHaveLength(5)

    const saidBefore = traffic.said.length
    await vi.waitFor(() => expect(traffic.said.length).toBeGreaterThan(saidBefore + 10), { timeout: 10_000 })
    const { logins } = world.simulator.counters
    await world.startManager()
    const { body: stats } = await world.call('GET', '/stats')
    const { activeSessions } = (stats as unknown as { sessions: { activeSessions: number } }).sessions
    expect(activeSessions).toBeLessThanOrEqual(world.simulator.counters.logins - logins)
    for (const { id } of sessions) await world.waitForState(id, 'open')
    const acceptedBefore = traffic.accepted.length
    await vi.waitFor(() => expect(traffic.accepted.length).toBeGreaterThan(acceptedBefore + 20), {
      timeout: 20_000,
    })
    await traffic.end()
    expect(world.simulator.counters.qrRefs).toBe(qrRefs)

    const messages = () =>
      world.laravel.received.filter(({ path, status }) => path === '/messages' && status === 200)
    await vi.waitFor(
      () => {
        const delivered = new Set(messages().map(({ body }) => `${body.session_id} ${body.message_id}`))
        const missing = traffic.said.filter(({ session, id }) => !delivered.has(`${session} ${id}`))
        expect(missing).toEqual([])
      },
      { timeout: 20_000 },
    )
    const webhookIds = new Map<string, Set<unknown>>()
    for (const { body, headers } of messages()) {
      const key = `${body.session_id} ${body.message_id}`
      webhookIds.set(key, (webhookIds.get(key) ?? new Set()).add(headers['webhook-id']))
    }
    expect([...webhookIds.values()].filter(ids => ids.size !== 1)).toEqual([])
    expect(messages().some(({ body }) => body.offline === true)).toBe(true)
  })

  it('delivers every accepted send to its contact, each id once', async () => {
    for (const { id, number } of sessions) {
      const contact = world.simulator.contact(traffic.contactOf(number))
      const wanted = traffic.accepted.filter(({ session }) => session === id).map(({ id }) => id)
      await vi.waitFor(
        () => {
          const got = new Set(contact.inbox.map(({ id }) => id))
          expect(wanted.filter(id => !got.has(id))).toEqual([])
        },
        { timeout: 20_000 },
      )
    }
    expect(world.simulator.ledger.unanswered).toEqual([])
  })

  it('keeps the order of each chat', () => {
    for (const { id } of sessions) {
      const numbers = world.laravel.accepted('/messages', id).map(({ body }) => Number(String(body).slice(3)))
      const first = numbers.filter((n, i) => numbers.indexOf(n) === i)
      expect(first).toEqual([...first].sort((a, b) => a - b))
    }
  })
})
