import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { incoming, text } from '../fakes.ts'
import { closedAs, opened, World } from '../world.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())

/** Whether a promise is settled by now. */
const settled = async (promise: Promise<unknown>) => {
  let done = false
  promise.then(
    () => {
      done = true
    },
    () => {
      done = true
    },
  )
  await world.settle()
  return done
}

describe('Until its fact is durable', () => {
  it('no socket opens and POST /start is not answered', async () => {
    world.disk.holdWrites()
    const start = world.commands.start({ sessionId: 's1', userId: 7 })
    expect(await settled(start)).toBe(false)
    expect(world.whatsapp.sockets).toHaveLength(0)
    await expect(world.queries.get('s1')).rejects.toThrow('There is no session')
    world.disk.releaseWrites()
    expect(await start).toMatchObject({ sessionId: 's1', state: 'starting' })
    await world.settle()
    expect(world.whatsapp.sockets).toHaveLength(1)
  })

  it('Laravel is not asked and no QR is published', async () => {
    const socket = await world.started()
    world.disk.holdWrites()
    socket.qr('a', world.clock.now() + 60_000)
    await world.settle()
    expect(world.laravel.asked).toEqual([])
    world.disk.releaseWrites()
    await world.settle()
    expect(world.laravel.asked).toEqual(['s1'])

    await world.wait(30_000)
    const publications = world.laravel.published.length
    socket.qr('b', world.clock.now() + 60_000)
    // The answer to the second question waits in the log, and the publication with it.
    world.disk.holdWrites()
    await world.settle()
    world.disk.releaseWrites()
    world.disk.holdWrites()
    await world.settle()
    expect([world.entry().actor.state, world.laravel.published.length]).toEqual([
      'awaitingQr.publishing.offering',
      publications,
    ])
    world.disk.releaseWrites()
    await world.settle()
    expect(world.laravel.published.length).toBe(publications + 1)
  })

  it('no message is transmitted', async () => {
    const socket = await world.linked()
    world.disk.holdWrites()
    const send = world.commands.send('s1', text('34622222222'), world.clock.now() + 4000)
    expect(await settled(send)).toBe(false)
    expect(socket.sent).toEqual([])
    world.disk.releaseWrites()
    await world.settle()
    expect(socket.sent).toHaveLength(1)
    const { messageId } = socket.sent[0]!
    socket.owner.updated({ messageId, status: 'sent', at: world.clock.now() })
    expect(await send).toEqual({ messageId, status: 'sent', address: '34622222222@s.whatsapp.net' })
  })

  it('WhatsApp is not asked to log out and nothing is erased', async () => {
    const socket = await world.linked()
    const { streamId } = world.entry().actor
    await world.store.commit({
      streamId,
      epoch: world.entry().actor.epoch,
      keys: [{ type: 'creds', id: '0', value: new Uint8Array([1]) }],
    })
    const stored = () => Object.keys(world.stored.keys.get(streamId, 'creds', ['0'])).length
    world.disk.holdWrites()
    const logout = world.commands.logout('s1', world.clock.now() + 4000)
    await world.settle()
    expect(socket.logouts).toBe(0)
    world.disk.releaseWrites()
    await world.settle()
    expect(socket.logouts).toBe(1)

    world.disk.holdWrites()
    socket.report({ type: 'logout.confirmed' })
    expect(await settled(logout)).toBe(false)
    expect([world.entry().actor.state, stored()]).toEqual(['loggedOut.unlinked', 1])
    world.disk.releaseWrites()
    expect(await logout).toMatchObject({ done: true, session: { state: 'loggedOut' } })
    await world.settle()
    expect(stored()).toBe(0)
  })

  it('DELETE is not answered and the id cannot be used again', async () => {
    await world.shown()
    world.disk.holdWrites()
    const remove = world.commands.delete('s1', world.clock.now() + 60_000)
    expect(await settled(remove)).toBe(false)
    expect(world.state()).toBe('awaitingQr.shown.throttled')
    world.disk.releaseWrites()
    await world.settle()
    expect(await remove).toEqual({ done: true })
    expect(world.stored.sessions.find('s1')).toBe(null)
  })

  it('a received message is not acknowledged to its socket', async () => {
    const socket = await world.linked()
    world.disk.holdWrites()
    const received = socket.owner.received([incoming('m1')])
    expect(await settled(received)).toBe(false)
    world.disk.releaseWrites()
    expect(await settled(received)).toBe(true)
  })

  it('no lane is woken', async () => {
    const socket = await world.linked()
    world.wokenLanes.length = 0
    world.disk.holdWrites()
    void socket.owner.received([incoming('m1')])
    socket.report(closedAs('banned', 'banned'))
    await world.settle()
    expect(world.wokenLanes).toEqual([])
    world.disk.releaseWrites()
    await world.settle()
    expect(world.wokenLanes).toHaveLength(2)
  })
})

describe('The order of effects', () => {
  it('ends the old socket before the next one opens', async () => {
    const socket = await world.linked()
    const ending = Promise.withResolvers<void>()
    socket.onEnd = () => ending.promise
    await world.commands.restart('s1')
    await world.wait(20_000)
    expect(world.whatsapp.liveSockets('s1')).toEqual([socket])
    ending.resolve()
    await world.settle()
    expect(world.whatsapp.liveSockets('s1')).toHaveLength(1)
    expect(world.whatsapp.socketOf('s1')).not.toBe(socket)
  })

  it('erases old credentials before a socket opens with fresh ones', async () => {
    const socket = await world.linked()
    socket.report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    const before = world.disk.committed.length
    let erasedAtOpen = false
    world.whatsapp.onOpen = () => {
      erasedAtOpen = world.disk.committed.slice(before).some(({ erase }) => erase === 'keys')
    }
    await world.commands.start({ sessionId: 's1', userId: 7 })
    await world.settle()
    expect(erasedAtOpen).toBe(true)
  })

  it('erases old credentials before a process killed right after the start could read them', async () => {
    const socket = await world.linked()
    void world.commands.send('s1', text('34611111111'), world.clock.now())
    await world.settle()
    const { streamId } = world.entry().actor
    const stored = () => world.stored.keys.get(streamId, 'session', ['34611111111@s.whatsapp.net'])
    socket.report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    expect(Object.keys(stored())).toHaveLength(1)
    world.disk.holdWrites()
    void world.commands.start({ sessionId: 's1', userId: 7 }).catch(() => {})
    await world.settle()
    world.disk.releaseWrites()
    world.kill()
    expect(world.factTypes().at(-1)).toBe('start.requested')
    expect(stored()).toEqual({})
  })

  it('ends the socket before keys or the session are erased', async () => {
    const socket = await world.linked('s1')
    const other = await world.shown('s2')
    const ended: boolean[] = []
    world.disk.onWrite = write => {
      if (write.erase === 'keys') ended.push(socket.ended)
      if (write.erase === 'stream') ended.push(other.ended)
    }
    void world.commands.logout('s1', world.clock.now())
    await world.settle()
    socket.report({ type: 'logout.confirmed' })
    await world.settle()
    await world.commands.delete('s2', world.clock.now() + 1000)
    expect(ended).toEqual([true, true])
  })

  it('opens no socket for a state that was left before it was durable', async () => {
    world.disk.holdWrites()
    const start = world.commands.start({ sessionId: 's1', userId: 7 })
    world.entry().actor.tell({ type: 'logout.requested' })
    world.disk.releaseWrites()
    await start
    await world.settle()
    expect(world.state()).toBe('loggedOut.neverLinked')
    expect(world.whatsapp.sockets).toEqual([])
  })

  it('is kept when an open is followed by a close before either is durable', async () => {
    const socket = await world.started()
    world.disk.holdWrites()
    socket.report(opened, closedAs('backoff'))
    await world.settle()
    expect([world.entry().actor.state, world.state()]).toEqual([
      'reconnecting.verifying',
      'starting.connecting',
    ])
    world.disk.releaseWrites()
    await world.settle()
    expect(socket.ended).toBe(true)
    expect(world.factTypes().slice(-3)).toEqual(['socket.opened', 'socket.closed', 'laravel.answered'])
  })
})
