import { afterEach, describe, expect, it } from 'vitest'
import { causedBy } from '../../../src/base/causes.ts'
import { incoming, text } from '../fakes.ts'
import { closedAs, World } from '../world.ts'

let world: World
afterEach(() => world.end())

/** Every session of a world opens, whatever sockets it has. */
const openAll = async () => {
  for (const { owner } of world.whatsapp.liveSockets()) await world.openSocket(owner.sessionId)
}

describe('When the store answers no reads, the supervisor', () => {
  it('lets nothing that arrives overtake what could not be looked up', async () => {
    world = await World.start()
    const socket = await world.linked()
    world.disk.failReads('hasDedupeKey')
    await expect(socket.owner.received([incoming('m1')])).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await world.settle()
    expect(world.supervisor.problem()?.message).toMatch(/^The server is away\. Every session stands still/)
    expect(world.whatsapp.liveSockets()).toEqual([])
    world.disk.repair()
    await world.wait(2000)
    expect(world.supervisor.problem()).toBe(null)
    await openAll()
    expect(world.state()).toBe('open.settling')
  })

  it('restores no session past what it could not read, and suspends none for that', async () => {
    world = await World.start()
    await world.linked()
    world.kill()
    const { streamId } = world.stored.sessions.find('s1')!
    world.disk.failReads('hasDedupeKey')
    await world.boot(({ whatsapp }) => {
      whatsapp.unfinished = { [streamId]: [incoming('m1')] }
    })
    expect(world.supervisor.problem()?.code).toBe('STORE_FAILED')
    expect([world.supervisor.warnings(), world.whatsapp.liveSockets()]).toEqual([[], []])
    world.disk.repair()
    await world.wait(2000)
    expect(world.supervisor.problem()).toBe(null)
    expect(world.factTypes().slice(-2)).toEqual(['message.received', 'session.resumed'])
  })
})

describe('When the store takes no writes, the supervisor', () => {
  it('ends all sockets, reports the problem, and restores every session once the store works again', async () => {
    world = await World.start()
    const ids = ['a', 'b', 'c']
    for (const id of ids) await world.linked(id)
    const before = ids.map(id => world.rows(id).length)
    const sockets = world.whatsapp.liveSockets()
    world.disk.failWrites()
    world.whatsapp.socketOf('a').report(closedAs('banned', 'banned'))
    await world.settle()
    expect(world.supervisor.problem()?.message).toMatch(/The disk is full\. Every session stands still/)
    expect(world.whatsapp.liveSockets()).toEqual([])
    expect(sockets.map(({ logouts }) => logouts)).toEqual([0, 0, 0])
    expect(ids.map(id => world.rows(id).length)).toEqual(before)
    expect(ids.map(id => world.state(id))).toEqual(ids.map(() => 'open.settling'))

    for (let i = 0; i < 5; i++) await world.wait(2000)
    expect(world.supervisor.problem()).not.toBe(null)
    world.disk.repair()
    await world.wait(2000)
    expect(world.supervisor.problem()).toBe(null)
    expect(ids.map(id => world.factTypes(id).at(-1))).toEqual(ids.map(() => 'session.resumed'))
    await openAll()
    expect(ids.map(id => world.state(id))).toEqual(ids.map(() => 'open.settling'))
    expect(world.supervisor.live).toBe(3)
  })

  it("tells of it once, and in nobody's name", async () => {
    world = await World.start()
    await world.linked('a')
    await world.linked('b')
    world.disk.failWrites()
    const asked = causedBy({ requestId: 'r1', sessionId: 'a' }, () =>
      world.commands.logout('a', world.clock.now() + 1000),
    )
    world.whatsapp.socketOf('b').report(closedAs('backoff'))
    await expect(asked).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await world.settle()
    const told = world.logs.map(line => JSON.parse(line)).filter(({ level }) => level === 'error')
    expect(told).toEqual([expect.objectContaining({ code: 'STORE_FAILED' })])
    expect(Object.keys(told[0])).not.toEqual(expect.arrayContaining([expect.stringMatching(/_id$/)]))
    world.disk.repair()
    await world.wait(2000)
  })

  it('runs no effect of a fact that was not stored', async () => {
    world = await World.start()
    await world.linked()
    world.disk.failWrites()
    const logout = world.commands.logout('s1', world.clock.now() + 1000)
    await expect(logout).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await world.settle()
    expect(world.whatsapp.sockets.map(({ logouts }) => logouts)).toEqual([0, 0])
    world.disk.repair()
    await world.wait(2000)
    await openAll()
    expect([world.state(), world.context().intent]).toEqual(['open.settling', 'none'])
  })

  it('tells each caller in words that a retry may help', async () => {
    world = await World.start()
    await world.linked()
    world.disk.failWrites()
    const deadline = world.clock.now() + 4000
    const calls = [
      () => world.commands.start({ sessionId: 's1', userId: 7 }),
      () => world.commands.start({ sessionId: 'new', userId: 7 }),
      () => world.commands.send('s1', text('34622222222'), deadline),
      () => world.commands.restart('s1'),
      () => world.commands.logout('s1', deadline),
      () => world.commands.delete('s1', deadline),
    ]
    for (const call of calls) {
      const failure = await call().then(
        () => null,
        (error: unknown) => error,
      )
      expect(failure).toMatchObject({ code: 'STORE_FAILED', status: 503, retryable: true })
    }
    // While everything stands still, the same.
    await world.settle()
    for (const call of calls)
      await expect(call()).rejects.toMatchObject({ code: 'STORE_FAILED', status: 503 })
    world.disk.repair()
    await world.wait(2000)
    expect((await world.queries.list({ limit: 10 })).count).toBe(1)
  })

  it('tells the same to callers whose fact was being stored at that moment', async () => {
    world = await World.start()
    await world.linked('a')
    await world.linked('b')
    world.disk.holdWrites()
    const calls = [world.commands.restart('a'), world.commands.delete('b', world.clock.now() + 1000)]
    const outcomes = Promise.allSettled(calls)
    world.disk.failWrites()
    world.disk.releaseWrites()
    await world.settle()
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'STORE_FAILED' } })
    world.disk.repair()
    await world.wait(2000)
    expect(world.supervisor.problem()).toBe(null)
  })

  it('does not answer a pending deletion as done', async () => {
    world = await World.start()
    await world.linked()
    const remove = world.commands.delete('s1', world.clock.now() + 60_000)
    const logout = world.commands.logout('s1', world.clock.now() + 60_000)
    await world.settle()
    const outcomes = Promise.allSettled([remove, logout])
    world.disk.failWrites()
    world.whatsapp.socketOf('s1').report({ type: 'socket.named', pushName: 'x' })
    await world.settle()
    await world.wait(60_000)
    for (const outcome of await outcomes)
      if (outcome.status === 'fulfilled') expect(outcome.value.done).toBe(false)
    world.disk.repair()
    await world.wait(2000)
    await openAll()
    expect([world.state(), world.context().intent]).toEqual(['open.unlinking', 'delete'])
  })

  it('rejects messages being stored to their socket, so that no acknowledged one is lost', async () => {
    world = await World.start()
    const socket = await world.linked()
    world.disk.failWrites()
    await expect(socket.owner.received([incoming('m1')])).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await world.settle()
    world.disk.repair()
    // The socket keeps it in the inbox: it comes back with the restored session.
    world.whatsapp.unfinished = { [world.stored.sessions.find('s1')!.streamId]: [incoming('m1')] }
    await world.wait(2000)
    expect(world.factTypes().slice(-2)).toEqual(['message.received', 'session.resumed'])
  })

  it('restores again after another failure during the restoration, until no session is missing', async () => {
    world = await World.start()
    for (const id of ['a', 'b', 'c']) await world.linked(id)
    world.disk.failWrites()
    world.whatsapp.socketOf('a').report(closedAs('backoff'))
    await world.settle()
    // Claims work, but the first facts of the restored sessions fail.
    world.disk.failWrites(write => write !== null)
    await world.wait(2000)
    expect(world.supervisor.problem()).not.toBe(null)
    world.disk.repair()
    await world.wait(4000)
    expect(world.supervisor.problem()).toBe(null)
    expect(['a', 'b', 'c'].map(id => world.supervisor.find(id) !== undefined)).toEqual([true, true, true])
    expect(world.whatsapp.liveSockets()).toHaveLength(3)
  })

  it('does not start a slow restoration twice', async () => {
    world = await World.start()
    for (const id of ['a', 'b']) await world.linked(id)
    const slow = Promise.withResolvers<void>()
    world.whatsapp.onRecover = () => slow.promise
    world.disk.failWrites()
    world.whatsapp.socketOf('a').report(closedAs('backoff'))
    await world.settle()
    world.disk.repair()
    for (let i = 0; i < 5; i++) await world.wait(2000)
    expect(world.supervisor.problem()).not.toBe(null)
    await expect(world.commands.restart('a')).rejects.toMatchObject({ code: 'STORE_FAILED' })
    slow.resolve()
    await world.wait(2000)
    expect(world.supervisor.problem()).toBe(null)
    expect(world.supervisor.live).toBe(2)
    expect(world.factTypes('a').filter(type => type === 'session.resumed')).toHaveLength(1)
    expect(world.whatsapp.liveSockets()).toHaveLength(2)
  })

  it('does not try a store that recovers slowly twice at once', async () => {
    world = await World.start()
    for (const id of ['a', 'b']) await world.linked(id)
    world.disk.failWrites()
    world.whatsapp.socketOf('a').report(closedAs('backoff'))
    await world.settle()
    world.disk.repair()
    world.disk.holdWrites()
    for (let i = 0; i < 5; i++) await world.wait(2000)
    expect(world.disk.waiting).toBe(1)
    world.disk.releaseWrites()
    await world.wait(2000)
    expect(world.supervisor.problem()).toBe(null)
    expect(world.supervisor.live).toBe(2)
    expect(world.whatsapp.liveSockets()).toHaveLength(2)
  })

  it('waits at shutdown for a restoration that has begun', async () => {
    world = await World.start()
    await world.linked()
    world.disk.failWrites()
    world.whatsapp.socketOf('s1').report(closedAs('backoff'))
    await world.settle()
    world.disk.repair()
    world.disk.holdWrites()
    await world.wait(2000)
    let stopped = false
    const stopping = world.supervisor.stop().then(() => {
      stopped = true
    })
    await world.settle()
    expect(stopped).toBe(false)
    world.disk.releaseWrites()
    await stopping
    world.kill()
    expect(world.whatsapp.liveSockets()).toEqual([])
    expect(world.factTypes().at(-1)).toBe('socket.opened')
  })

  it('leaves no socket behind when shut down during a restoration', async () => {
    world = await World.start()
    for (const id of ['a', 'b']) await world.linked(id)
    const slow = Promise.withResolvers<void>()
    world.whatsapp.onRecover = () => slow.promise
    world.disk.failWrites()
    world.whatsapp.socketOf('a').report(closedAs('backoff'))
    await world.settle()
    world.disk.repair()
    await world.wait(2000)
    const stopped = world.stop()
    await world.settle()
    slow.resolve()
    await stopped
    await world.wait(60_000)
    expect(world.whatsapp.liveSockets()).toEqual([])
  })
})

describe('When another process owns one session', () => {
  it.each([
    'epoch',
    'seq',
  ] as const)('a conflict of %s stops the actor of that session only, without an alarm', async kind => {
    world = await World.start()
    await world.linked('other')
    const socket = await world.linked()
    const { streamId, epoch } = world.entry().actor
    if (kind === 'epoch') await world.store.claim(streamId)
    else
      await world.store.commit({
        streamId,
        epoch,
        events: [
          {
            seq: world.rows().length + 1,
            at: world.clock.now(),
            type: 'message.received',
            data: {},
            snapshot: null,
          },
        ],
      })
    const { length } = world.rows()
    socket.report(closedAs('banned', 'banned'))
    await world.settle()
    expect(world.supervisor.find('s1')).toBe(undefined)
    expect([socket.ended, socket.logouts, world.rows().length]).toEqual([true, 0, length])
    expect(world.supervisor.problem()).toBe(null)
    expect(world.state('other')).toBe('open.settling')
    await expect(world.commands.restart('s1')).rejects.toMatchObject({ code: 'NOT_READY' })
    await expect(world.commands.start({ sessionId: 's1', userId: 7 })).rejects.toMatchObject({ status: 503 })
    expect(world.whatsapp.liveSockets()).toHaveLength(1)
    expect(world.supervisor.live).toBe(1)
  })
})
