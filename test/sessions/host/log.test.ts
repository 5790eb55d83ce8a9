import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { incoming, text } from '../fakes.ts'
import { closedAs, opened, World } from '../world.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
/** Ends with the fold of every log: see World.checkLog. */
afterEach(() => world.end())

describe('The log of a session', () => {
  it('has every fact from the first start to the open, in order', async () => {
    await world.linked()
    expect(world.factTypes()).toEqual([
      'session.created',
      'socket.qr',
      'laravel.answered',
      'qr.published',
      'socket.paired',
      'socket.closed',
      'socket.opened',
    ])
    const [first] = world.rows()
    expect(first).toMatchObject({ seq: 1, data: { sessionId: 's1', userId: 7 } })
    expect(first!.snapshot!.state).toBe('starting.connecting')
    expect(world.state()).toBe('open.settling')
  })

  it('has no row for a fact that the machine ignores', async () => {
    const socket = await world.shown()
    const { length } = world.rows()
    socket.qr('a', world.clock.now() + 60_000)
    expect(await world.entry().actor.post({ type: 'wake.requested' })).toBe(false)
    expect(world.entry().actor.tell({ type: 'connect.begun' })).toBe(false)
    await world.settle()
    expect(world.rows()).toHaveLength(length)
  })

  it('has timers as facts with the time at which they fired', async () => {
    await world.shown()
    const publishedAt = world.clock.now()
    await world.wait(70_000)
    const timers = world.rows().slice(-2)
    expect(timers.map(({ type, at }) => [type.split('.')[2], at - publishedAt])).toEqual([
      ['qrThrottle', 30_000],
      ['qrExpiry', 60_000],
    ])
    expect(world.whatsapp.liveSockets()).toEqual([])
  })

  it('has no QR text and no message body', async () => {
    const socket = await world.linked()
    await socket.owner.received([incoming('m1')])
    const rows = JSON.stringify(world.rows())
    expect(rows).not.toMatch(/secret text|body of/)
    expect(world.factTypes().at(-1)).toBe('message.received')
  })

  it('has seqs without a gap when messages and facts of the session come at the same time', async () => {
    const socket = await world.linked()
    world.disk.holdWrites()
    const all: Promise<unknown>[] = [socket.owner.received([incoming('m1'), incoming('m2')])]
    await world.settle()
    all.push(
      world.commands.send('s1', text('34622222222'), world.clock.now()),
      socket.owner.received([incoming('m3')]),
    )
    await world.settle()
    socket.report({ type: 'socket.named', pushName: 'Eva' }, closedAs('backoff'))
    all.push(socket.owner.received([incoming('m4')]))
    await world.settle()
    world.disk.releaseWrites()
    await world.wait(0)
    await Promise.all(all)
    expect(world.factTypes().slice(7, 14)).toEqual([
      'message.received',
      'message.received',
      'message.queued',
      'message.received',
      'socket.named',
      'socket.closed',
      'message.received',
    ])
  })

  it('folds to the stored state after a session was in many states', async () => {
    const socket = await world.linked()
    socket.report(closedAs('backoffLong', 'overload'))
    await world.settle()
    await world.waitForRetry()
    ;(await world.openSocket()).report(closedAs('suspend', 'replaced'))
    await world.settle()
    await world.commands.restart('s1')
    await world.settle()
    await world.openSocket()
    await world.wait(300_000)
    expect(world.state()).toBe('open.settled')
    world.kill()
    await world.boot()
    await world.openSocket()
    world.whatsapp.socketOf('s1').report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    await world.commands.start({ sessionId: 's1', userId: 7 })
    await world.settle()
    world.whatsapp.socketOf('s1').qr('z', world.clock.now() + 60_000)
    await world.wait(31_000)
    expect(world.state()).toMatch(/^awaitingQr/)
    expect(world.entry().actor.state).toBe(world.state())
    expect(JSON.parse(JSON.stringify(world.entry().actor.context))).toEqual(world.context())
  })

  it('has no row and no logout when the process stops', async () => {
    const socket = await world.linked()
    const { length } = world.rows()
    await world.stop()
    expect([socket.ended, socket.logouts, socket.endCalls]).toEqual([true, 0, 1])
    expect(world.rows()).toHaveLength(length)
    expect(world.supervisor.problem()?.code).toBe('SHUTTING_DOWN')
    await expect(world.commands.start({ sessionId: 's2', userId: 7 })).rejects.toMatchObject({
      code: 'SHUTTING_DOWN',
      retryAfterSeconds: 2,
    })
  })

  it('has no row for what a socket reports after its end', async () => {
    const socket = await world.linked()
    await world.commands.restart('s1')
    await world.settle()
    const { length } = world.rows()
    socket.owner.report(opened)
    socket.owner.report(closedAs('banned'))
    await world.settle()
    expect(world.rows()).toHaveLength(length)
    expect(world.state()).toBe('starting.connecting')
  })
})
