import { afterEach, describe, expect, it } from 'vitest'
import { incoming, text } from '../fakes.ts'
import { closedAs, World } from '../world.ts'

const MINUTE = 60_000

let world: World
describe('The reaper of idle sessions', () => {
  afterEach(() => world.end())

  it('deletes a session that no phone has linked after 30 min, and tells Laravel', async () => {
    world = await World.start()
    await world.shown()
    await world.wait(29 * MINUTE)
    expect(world.state()).toBe('awaitingQr.expired')
    await world.wait(2 * MINUTE)
    expect(world.stored.sessions.find('s1')).toBe(null)
    expect([world.supervisor.live, world.whatsapp.liveSockets().length]).toEqual([0, 0])
    expect(world.statuses()).toEqual(['pending', 'inactive'])
  })

  it('does not delete a session whose QR was just asked for with /start', async () => {
    world = await World.start()
    await world.shown()
    await world.wait(29 * MINUTE)
    await world.commands.start({ sessionId: 's1', userId: 7 })
    await world.settle()
    world.whatsapp.socketOf('s1').qr('b', world.clock.now() + MINUTE)
    await world.wait(MINUTE + 30_000)
    expect(world.stored.sessions.find('s1')).not.toBe(null)
    await world.wait(31 * MINUTE)
    expect(world.stored.sessions.find('s1')).toBe(null)
  })

  it('leaves linked sessions open for ever under the policy keep', async () => {
    world = await World.start()
    await world.linked()
    const { length } = world.rows()
    await world.wait(120 * MINUTE)
    expect([world.state(), world.rows().length]).toEqual(['open.settled', length + 1])
  })

  it('hibernates a session 30 min after the last message received or send accepted under the policy hibernate', async () => {
    world = await World.start({ policy: 'hibernate' })
    const socket = await world.linked()
    await world.wait(20 * MINUTE)
    await socket.owner.received([incoming('m1')])
    await world.wait(20 * MINUTE)
    void world.commands.send('s1', text('34622222222'), world.clock.now()).catch(() => {})
    await world.wait(29 * MINUTE)
    expect(world.state()).toBe('open.settled')
    socket.owner.updated({ messageId: socket.sent[0]!.messageId, status: 'read', at: world.clock.now() })
    await world.wait(2 * MINUTE)
    expect([world.state(), socket.ended, socket.logouts]).toEqual(['reconnecting.hibernated', true, 0])
    expect(world.statuses().at(-1)).toBe('active')
    await world.wait(6 * 60 * MINUTE)
    expect(world.state()).toMatch(/^(starting|reconnecting\.(waiting|verifying))/)
  })

  it('logs the session out, erases it and tells Laravel inactive under the policy delete', async () => {
    world = await World.start({ policy: 'delete' })
    const socket = await world.linked()
    await world.wait(30 * MINUTE)
    expect([world.state(), socket.logouts]).toEqual(['open.unlinking', 1])
    socket.report({ type: 'logout.confirmed' })
    await world.settle()
    expect(world.stored.sessions.find('s1')).toBe(null)
    expect(world.statuses().at(-1)).toBe('inactive')
  })

  it('lets a logout that fails under the policy delete back off as any other connection', async () => {
    world = await World.start({ policy: 'delete' })
    ;(await world.linked()).report(closedAs('backoff'))
    await world.wait(32 * MINUTE)
    const before = world.whatsapp.sockets.length
    await world.wait(60 * MINUTE)
    // 45 s of watchdog and up to 5 min of backoff each.
    expect(world.whatsapp.sockets.length - before).toBeLessThan(40)
    expect(world.factTypes().filter(type => type === 'session.idled')).toHaveLength(1)
  })
})

describe('A restart of the process', () => {
  afterEach(() => world.end())

  it('that stops again while sessions are restored says nothing wrong about the store or a session', async () => {
    world = await World.start()
    await world.linked()
    world.kill()
    await world.boot(({ store }) => {
      const { claim } = store
      store.claim = async streamId => {
        void world.supervisor.stop()
        return claim(streamId)
      }
    })
    expect(world.whatsapp.liveSockets()).toEqual([])
    expect(world.logs.filter(line => /could not be restored|takes no writes/.test(line))).toEqual([])
  })

  it('restores 1,000 sessions in the states they were in, each with one socket or none', async () => {
    world = await World.start()
    const ids = Array.from({ length: 1000 }, (_, i) => `s${i}`)
    // One socket in each turn of the event loop.
    const opened = async (count: number) => {
      while (world.whatsapp.sockets.length < count) await world.settle()
    }
    await Promise.all(ids.map(id => world.commands.start({ sessionId: id, userId: id })))
    await opened(1000)
    for (const [i, id] of ids.entries()) {
      const socket = world.whatsapp.socketOf(id)
      socket.report({ type: 'socket.opened', waId: `346${i}`, lid: null, pushName: null })
      if (i % 4 === 1) socket.report(closedAs('suspend', 'device_mismatch'))
      if (i % 4 === 2) socket.report(closedAs('banned', 'banned'))
    }
    await world.settle()
    world.kill()
    await world.boot()
    expect(world.supervisor.live).toBe(1000)
    const { byState } = world.queries.stats()
    expect(byState).toEqual({ starting: 500, reconnecting: 250, loggedOut: 250 })
    await opened(500)
    await world.settle()
    expect(world.whatsapp.sockets).toHaveLength(500)
    for (const socket of world.whatsapp.liveSockets())
      socket.report({ type: 'socket.opened', waId: '1', lid: null, pushName: null })
    await world.settle()
    expect(world.queries.stats().sessions.activeSessions).toBe(500)
    expect(new Set(ids.map(id => world.supervisor.find(id)?.actor.epoch))).toEqual(new Set([2]))
  }, 120_000)

  it('does not restore deleted sessions', async () => {
    world = await World.start()
    await world.shown('gone')
    await world.commands.delete('gone', world.clock.now() + 1000)
    await world.linked()
    await world.stop()
    await world.boot()
    expect(world.supervisor.live).toBe(1)
    expect(world.supervisor.find('gone')).toBe(undefined)
  })

  it('lets a session go on in the same way after a clean stop and after a kill', async () => {
    for (const end of ['stop', 'kill'] as const) {
      if (end === 'kill') await world.end()
      world = await World.start()
      await world.linked()
      if (end === 'stop') await world.stop()
      else world.kill()
      await world.boot()
      expect(world.factTypes().at(-1)).toBe('session.resumed')
      await world.openSocket()
      expect([world.state(), world.context().attempts]).toEqual(['open.settling', 0])
    }
  })

  it('keeps the rest of the QR throttle: 20 s before the restart, 10 s after it', async () => {
    world = await World.start()
    await world.shown()
    await world.wait(20_000)
    world.kill()
    await world.boot()
    world.whatsapp.socketOf('s1').qr('b', world.clock.now() + MINUTE)
    await world.settle()
    expect(world.laravel.published).toHaveLength(1)
    await world.wait(9_999)
    expect(world.laravel.published).toHaveLength(1)
    await world.wait(1)
    expect(world.laravel.published.map(({ text }) => text)).toEqual(['secret text of a', 'secret text of b'])
  })

  it('finds that the killed process writes nothing any more', async () => {
    world = await World.start()
    const socket = await world.linked()
    world.kill()
    await world.boot()
    const { length } = world.rows()
    socket.report(closedAs('banned', 'banned'))
    await world.settle()
    expect([world.rows().length, world.state()]).toEqual([length, 'starting.connecting'])
  })
})
