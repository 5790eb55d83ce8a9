import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { World } from './world.ts'

describe('one session in trouble among twenty-one', () => {
  const world = new World({ LOG_LEVEL: 'info' })
  let sessions: { id: string; number: string }[] = []
  beforeAll(async () => {
    await world.start()
    sessions = await world.linkMany(21)
  }, 90_000)
  afterAll(() => world.end())

  it('loses its socket to a garbage frame and comes back, while the others stay open', {
    timeout: 60_000,
  }, async () => {
    const [victim, ...others] = sessions
    const connections = world.simulator.counters.logins
    await world.simulator.fault({ kind: 'garbage', account: victim!.number })
    await vi.waitFor(() => expect(world.simulator.counters.logins).toBe(connections + 1), { timeout: 20_000 })
    await world.waitForState(victim!.id, 'open')
    for (const { id } of others) {
      const { body } = await world.call('GET', `/sessions/${id}/events?limit=1000`)
      const types = (body as unknown as { events: { type: string; data: { code?: number } }[] }).events
      expect(types.filter(({ type, data }) => type === 'socket.closed' && data.code !== 515)).toEqual([])
      expect((await world.session(id)).state).toBe('open')
    }
    const stats = await world.call('GET', '/stats')
    expect(stats.body).toMatchObject({
      sessions: { totalSessions: 21, activeSessions: 21, inactiveSessions: 0 },
    })
  })
})
