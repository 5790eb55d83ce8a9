import { afterEach, describe, expect, it } from 'vitest'
import type { sessionMachine } from '../../../machines/session.machine.ts'
import { incoming, text } from '../fakes.ts'
import { closedAs, opened, World, type WorldOptions } from '../world.ts'

let world: World
afterEach(() => world.end())

/** A machine whose named action throws for the sessions that the test picks. */
const throwing = (action: string, victims: Set<string>): WorldOptions => ({
  machine: machine => {
    const original = machine.implementations.actions[action] as (...args: unknown[]) => void
    const faulty = (args: { context: { sessionId: string } }, params: unknown) => {
      if (victims.has(args.context.sessionId)) throw new TypeError('a secret text that no log may hold')
      return original(args, params)
    }
    return machine.provide({ actions: { [action]: faulty } } as never) as typeof sessionMachine
  },
})

describe('A transition that throws', () => {
  it('leaves no row, runs no effect, and is recorded as a crash', async () => {
    const victims = new Set<string>()
    world = await World.start(throwing('failQueued', victims))
    const socket = await world.linked()
    const before = world.factTypes()
    victims.add('s1')
    socket.report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    expect(world.factTypes()).toEqual([...before, 'session.crashed'])
    expect(world.rows().at(-1)!.data).toEqual({ error: 'TypeError' })
    expect([world.state(), socket.ended]).toEqual(['reconnecting.waiting', true])
    expect(world.disk.committed.some(({ erase }) => erase !== undefined)).toBe(false)
    victims.clear()
    await world.waitForRetry()
    expect(world.state()).toBe('starting.connecting')
    await world.openSocket()
    expect(world.state()).toBe('open.settling')
  })

  it('runs none of its effects, although the crash gets their seq', async () => {
    const victims = new Set<string>()
    world = await World.start(throwing('failQueued', victims))
    const socket = await world.linked()
    const { streamId, epoch } = world.entry().actor
    await world.store.commit({
      streamId,
      epoch,
      keys: [{ type: 'creds', id: '0', value: new Uint8Array([1]) }],
    })
    void world.commands.logout('s1', world.clock.now())
    await world.settle()
    victims.add('s1')
    socket.report({ type: 'logout.confirmed' }) // erases the keys, then throws
    await world.settle()
    expect([world.factTypes().at(-1), world.context().intent]).toEqual(['session.crashed', 'logout'])
    expect(Object.keys(world.stored.keys.get(streamId, 'creds', ['0']))).toEqual(['0'])
  })

  it('is answered to its caller as not done', async () => {
    const victims = new Set<string>()
    world = await World.start(throwing('failQueued', victims))
    await world.shown()
    victims.add('s1')
    await expect(world.commands.delete('s1', world.clock.now() + 1000)).rejects.toThrow()
    expect(world.state()).toBe('reconnecting.waiting')
  })

  it('does not affect other sessions', async () => {
    const victims = new Set<string>()
    world = await World.start(throwing('failQueued', victims))
    const others = Array.from({ length: 20 }, (_, i) => `other${i}`)
    for (const id of others) await world.linked(id)
    const socket = await world.linked('victim')
    const before = others.map(id => [world.rows(id).length, world.whatsapp.socketOf(id)])
    victims.add('victim')
    for (let i = 0; i < 7; i++) {
      world.supervisor.find('victim')?.actor.tell({ type: 'logout.requested' })
      world.supervisor.find('victim')?.actor.tell({ type: 'delete.requested' })
      socket.report(closedAs('banned', 'banned'))
      await world.settle()
    }
    expect(others.map(id => [world.rows(id).length, world.whatsapp.socketOf(id)])).toEqual(before)
    for (const id of others) {
      await world.whatsapp.socketOf(id).owner.received([incoming(`to ${id}`)])
      expect(world.factTypes(id).at(-1)).toBe('message.received')
    }
  })

  it('between messages stored in the same commit leaves their rows, and seqs without a gap', async () => {
    const victims = new Set<string>()
    world = await World.start(throwing('failQueued', victims))
    const socket = await world.linked()
    victims.add('s1')
    world.disk.holdWrites()
    const first = socket.owner.received([incoming('m1')])
    await world.settle()
    socket.report(closedAs('unlinked'))
    const second = socket.owner.received([incoming('m2')])
    await world.settle()
    world.disk.releaseWrites()
    await Promise.all([first, second])
    await world.settle()
    expect(world.factTypes().slice(-3)).toEqual(['message.received', 'session.crashed', 'message.received'])
  })

  it('for every fact, the crash included, stops the session but not the process', async () => {
    const victims = new Set<string>()
    world = await World.start(throwing('noteCrashed', victims))
    await world.linked('bystander')
    const socket = await world.linked()
    victims.add('s1')
    socket.owner.updated(null as never)
    await world.settle()
    expect(world.supervisor.find('s1')).toBe(undefined)
    expect([socket.ended, world.whatsapp.liveSockets('s1')]).toEqual([true, []])
    expect(world.state('bystander')).toBe('open.settling')
    await expect(world.commands.restart('s1')).rejects.toMatchObject({ code: 'NOT_READY' })
    victims.clear()
    world.kill()
    await world.boot()
    expect(world.state()).toBe('starting.connecting')
  })
})

describe('An effect that throws', () => {
  it('is recorded as a crash of its session when a socket opens', async () => {
    world = await World.start()
    await world.linked('other')
    world.whatsapp.onOpen = ({ owner }) => {
      if (owner.sessionId === 's1') throw new Error('no socket today')
    }
    await world.commands.start({ sessionId: 's1', userId: 7 })
    await world.settle()
    expect(world.factTypes()).toEqual(['session.created', 'session.crashed'])
    expect(world.logs.join('')).not.toContain('no socket today')
    world.whatsapp.onOpen = () => {}
    await world.waitForRetry()
    await world.openSocket()
    expect(world.state()).toBe('open.settling')
    expect(world.state('other')).toBe('open.settling')
  })

  it('is recorded as a crash of its session when the store fails a callback', async () => {
    world = await World.start()
    const socket = await world.linked()
    const { messages } = world.store
    const { find } = messages
    messages.find = () => {
      throw new TypeError('boom')
    }
    socket.owner.updated({ messageId: 'x', status: 'sent', at: 0 })
    await world.settle()
    messages.find = find
    expect([world.factTypes().at(-1), world.state()]).toEqual(['session.crashed', 'reconnecting.waiting'])
    expect(socket.ended).toBe(true)
  })

  it('does not stop later effects', async () => {
    world = await World.start()
    const socket = await world.linked()
    socket.onEnd = async () => {
      socket.ended = true
      throw new Error('cannot end')
    }
    socket.report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    expect(world.state()).toBe('loggedOut.unlinked')
    await world.commands.start({ sessionId: 's1', userId: 7 })
    await world.settle()
    expect(world.whatsapp.socketOf('s1')).toBeDefined()
  })

  it('leaves no row and no socket while the process stops', async () => {
    world = await World.start()
    const socket = await world.linked()
    socket.onEnd = async () => {
      socket.ended = true
      throw new Error('cannot end')
    }
    const { length } = world.rows()
    await world.stop()
    expect(world.rows()).toHaveLength(length)
    expect(world.whatsapp.sockets.at(-1)).toBe(socket)
  })
})

describe('A child actor that throws as it starts', () => {
  it('is recorded as a crash of its session, without its error in the log', async () => {
    let faulty = true
    world = await World.start({
      machine: machine => {
        const { askLaravel } = machine.implementations.actors as unknown as {
          askLaravel: { start: (...a: unknown[]) => unknown }
        }
        const broken = Object.create(askLaravel) as typeof askLaravel
        broken.start = (...args) => {
          if (faulty) throw { secret: 'secret text in an error' }
          return askLaravel.start(...args)
        }
        return machine.provide({ actors: { askLaravel: broken } } as never) as typeof sessionMachine
      },
    })
    const socket = await world.started()
    socket.qr('a', world.clock.now() + 60_000)
    await world.settle()
    expect(world.factTypes().filter(type => !type.startsWith('xstate.error'))).toEqual([
      'session.created',
      'socket.qr',
      'session.crashed',
    ])
    expect(JSON.stringify(world.rows())).not.toContain('secret text')
    expect([world.state(), socket.ended]).toEqual(['reconnecting.waiting', true])
    faulty = false
    await world.waitForRetry()
    expect(world.state()).toBe('starting.connecting')
  })
})

describe('A session that crashes often', () => {
  const crash = async () => {
    world.supervisor.find('s1')!.outbox.updated = () => Promise.reject(new RangeError('x'))
    world.whatsapp.socketOf('s1').owner.updated({ messageId: 'x', status: 'sent', at: 0 })
    await world.settle()
  }

  it('is suspended at the sixth crash within a minute', async () => {
    world = await World.start()
    await world.linked()
    for (let i = 1; i <= 5; i++) {
      await crash()
      expect(world.state()).toBe('reconnecting.waiting')
      await world.commands.restart('s1')
      await world.settle()
      await world.openSocket()
    }
    await crash()
    expect(world.state()).toBe('reconnecting.suspended.resting')
    const rest = world.clock.now() + 15 * 60_000
    expect(world.context()).toMatchObject({ reason: 'crashed', retryAt: rest })
    expect(world.rows().at(-1)).toMatchObject({ type: 'crashes.exceeded', data: { error: 'RangeError' } })
    expect(world.statuses().at(-1)).toBe('inactive')
    expect(world.supervisor.live).toBe(1)
    await world.commands.start({ sessionId: 's1', userId: 7 })
    await world.settle()
    expect(world.state()).toBe('starting.connecting')
  })

  it('connects again by itself after 15 min of suspension', async () => {
    world = await World.start()
    await world.linked()
    for (let i = 1; i <= 6; i++) {
      await crash()
      if (i === 6) break
      await world.commands.restart('s1')
      await world.settle()
      await world.openSocket()
    }
    await world.wait(15 * 60_000 - 1)
    expect(world.state()).toBe('reconnecting.suspended.resting')
    await world.wait(1)
    expect(world.state()).toBe('starting.connecting')
    await world.openSocket()
    expect(world.state()).toBe('open.settling')
  })

  it('is not suspended when its crashes are far apart', async () => {
    world = await World.start()
    await world.linked()
    for (let i = 1; i <= 12; i++) {
      await crash()
      await world.commands.restart('s1')
      await world.settle()
      await world.openSocket()
      await world.wait(12_001)
    }
    expect(world.state()).toBe('open.settling')
  })
})

describe('After a crash, the session', () => {
  it('sends a waiting message under its id', async () => {
    world = await World.start()
    const socket = await world.linked()
    socket.onSend = () => Promise.withResolvers<void>().promise
    const send = world.commands.send('s1', text('34622222222'), world.clock.now() + 1000)
    await world.settle()
    world.entry().actor.guard(() => {
      throw new Error('x')
    })
    await world.settle()
    expect(world.state()).toBe('reconnecting.waiting')
    await world.wait(1000)
    const { messageId, status } = await send
    expect(status).toBe('queued')
    await world.waitForRetry()
    const next = world.whatsapp.socketOf('s1')
    next.report(opened)
    await world.settle()
    expect(next.sent.map(({ messageId }) => messageId)).toEqual([messageId])
  })
})
