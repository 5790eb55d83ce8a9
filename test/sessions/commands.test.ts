import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { incoming, text } from './fakes.ts'
import { closedAs, World } from './world.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())

const start = (sessionId = 's1', userId: string | number = 7) => world.commands.start({ sessionId, userId })
const remove = (waitMs = 60_000) => world.commands.delete('s1', world.clock.now() + waitMs)
const logout = (waitMs = 60_000) => world.commands.logout('s1', world.clock.now() + waitMs)

describe('POST /start', () => {
  it('makes an id when none is given', async () => {
    const { sessionId } = await world.commands.start({ userId: 'u1' })
    expect(sessionId).toMatch(/^[0-9a-f-]{36}$/)
    expect(await world.queries.get(sessionId)).toMatchObject({ userId: 'u1', state: 'starting' })
  })

  it('asks Laravel nothing before it answers', async () => {
    world.laravel.answer = () => new Promise(() => {})
    await start()
    expect(world.laravel.asked).toEqual([])
  })

  it('changes nothing but the time of the last /start when it is repeated', async () => {
    for (const way of [() => world.started(), () => world.shown(), () => world.linked()]) {
      await way()
      const sockets = world.whatsapp.sockets.length
      const { state, detail } = await world.queries.get('s1')
      await world.wait(1000)
      expect(await start()).toMatchObject({ state, detail })
      await world.settle()
      expect(world.whatsapp.sockets).toHaveLength(sockets)
      expect(world.context().startedAt).toBe(world.clock.now())
      world.entry().actor.tell({ type: 'restart.requested' })
      await world.settle()
    }
  })

  it('makes one session of many requests at once for one new id', async () => {
    const views = await Promise.all(Array.from({ length: 20 }, () => start()))
    await world.settle()
    expect(new Set(views.map(({ createdAt }) => createdAt)).size).toBe(1)
    expect(world.factTypes().filter(type => type === 'session.created')).toHaveLength(1)
    expect(world.whatsapp.sockets).toHaveLength(1)
    expect((await world.queries.list({ limit: 10 })).count).toBe(1)
  })

  it("is a CONFLICT for another user's session in every state, and takes 7 and '7' as the same user", async () => {
    await start('s1', 7)
    await expect(start('s1', 8)).rejects.toMatchObject({ code: 'CONFLICT', status: 409 })
    expect(await start('s1', '7')).toMatchObject({ userId: 7 })
    await world.commands.logout('s1', 0)
    await expect(start('s1', 8)).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  it('gives a new id to the first of two users who ask at once', async () => {
    const [first, second] = await Promise.allSettled([start('s1', 7), start('s1', 8)])
    expect(first.status).toBe('fulfilled')
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'CONFLICT' } })
  })

  it('is refused while the session is being deleted, and makes a new one after that', async () => {
    const socket = await world.linked()
    const { streamId } = world.entry().actor
    const removed = remove()
    await world.settle()
    await expect(start()).rejects.toMatchObject({ code: 'DELETING', status: 409 })
    socket.report({ type: 'logout.confirmed' })
    await removed
    await start()
    await world.settle()
    expect(world.entry().actor.streamId).not.toBe(streamId)
    expect(world.factTypes()).toEqual(['session.created'])
  })

  it('is refused or makes a new session at the moment of the deletion, and is never lost', async () => {
    await world.shown()
    const removed = remove()
    const outcomes: string[] = []
    for (let i = 0; i < 6; i++) {
      outcomes.push(
        await start().then(
          () => 'started',
          (error: { code: string }) => error.code,
        ),
      )
    }
    await removed
    await world.settle()
    for (const outcome of outcomes) expect(outcome).toMatch(/^(DELETING|started)$/)
    const last = await start()
    expect(last.state).toBe('starting')
  })

  it('connects a session that expired, was refused or is suspended, and keeps its credentials', async () => {
    const socket = await world.linked()
    socket.report(closedAs('suspend', 'replaced'))
    await world.settle()
    expect(await start()).toMatchObject({ state: 'starting', reason: null })
    expect(world.disk.committed.some(({ erase }) => erase !== undefined)).toBe(false)
  })
})

describe('POST /restart', () => {
  it('opens a new socket with the same credentials', async () => {
    const socket = await world.linked()
    expect(await world.commands.restart('s1')).toMatchObject({ state: 'starting', waId: '34600000001' })
    await world.settle()
    expect([socket.ended, socket.logouts, world.whatsapp.liveSockets('s1').length]).toEqual([true, 0, 1])
  })

  it('is refused when logged out or with a logout pending, and is a 404 for an unknown session', async () => {
    await world.linked()
    await expect(world.commands.restart('s2')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
    const owed = logout(0)
    await world.wait(0)
    expect(await owed).toMatchObject({ done: false })
    await expect(world.commands.restart('s1')).rejects.toMatchObject({ code: 'STATE_FORBIDS' })
    world.whatsapp.socketOf('s1').report({ type: 'logout.confirmed' })
    await world.settle()
    await expect(world.commands.restart('s1')).rejects.toMatchObject({ code: 'STATE_FORBIDS', status: 409 })
  })
})

describe('POST /logout', () => {
  it('is done once WhatsApp has confirmed it', async () => {
    const socket = await world.linked()
    const out = logout()
    await world.settle()
    expect(socket.logouts).toBe(1)
    socket.report({ type: 'logout.confirmed' })
    expect(await out).toMatchObject({
      done: true,
      session: { state: 'loggedOut', estadoQr: 'inactive', reason: 'logged_out' },
    })
    expect(world.clock.pending()).toBe(2) // the reaper, and the end of an archive that there is none of
    expect(await logout()).toMatchObject({ done: true })
    expect(world.factTypes().filter(type => type === 'logout.requested')).toHaveLength(1)
  })

  it('is answered as pending when that takes longer', async () => {
    const socket = await world.linked()
    const out = logout(4000)
    await world.wait(4000)
    expect(await out).toMatchObject({ done: false, session: { state: 'open', detail: 'unlinking' } })
    expect(socket.ended).toBe(false)
  })

  it('is done at once for a session that was never linked', async () => {
    await world.shown()
    expect(await logout()).toMatchObject({
      done: true,
      session: { state: 'loggedOut', detail: 'neverLinked' },
    })
    await world.settle()
    expect(world.whatsapp.liveSockets()).toEqual([])
  })
})

describe('DELETE /sessions/{id}', () => {
  it('erases a session that was never linked at once, and leaves only the fact of its deletion', async () => {
    await world.shown()
    const { streamId } = world.entry().actor
    expect(await remove()).toEqual({ done: true })
    expect(world.supervisor.find('s1')).toBe(undefined)
    await expect(world.queries.get('s1')).rejects.toThrow('There is no session')
    expect(world.stored.log.after(streamId, 0, 100)).toMatchObject([
      { type: 'session.deleted', data: {}, snapshot: null },
    ])
    expect(world.whatsapp.liveSockets()).toEqual([])
    expect(world.supervisor.live).toBe(0)
    await expect(remove()).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  })

  it('logs a linked session out, erases keys and messages, and frees the id', async () => {
    const socket = await world.linked()
    const { streamId, epoch } = world.entry().actor
    await world.store.commit({
      streamId,
      epoch,
      keys: [{ type: 'creds', id: '0', value: new Uint8Array([1]) }],
    })
    const sending = world.commands.send('s1', text('34622222222'), world.clock.now()).catch(() => {})
    await world.wait(0)
    await sending
    const removed = remove()
    await world.settle()
    expect(socket.logouts).toBe(1)
    socket.report({ type: 'logout.confirmed' })
    expect(await removed).toEqual({ done: true })
    expect(world.stored.keys.get(streamId, 'creds', ['0'])).toEqual({})
    expect(world.stored.messages.unsent(streamId)).toEqual([])
    await world.settle()
    expect(world.whatsapp.liveSockets()).toEqual([])
  })

  it('is answered with 202 while reconnecting, and is done as soon as WhatsApp can be asked', async () => {
    ;(await world.linked()).report(closedAs('backoff'))
    await world.settle()
    const removed = remove(4000)
    await world.wait(4000)
    expect(await removed).toEqual({ done: false })
    world.kill()
    await world.boot()
    expect(world.context().intent).toBe('delete')
    const socket = await world.openSocket()
    expect(socket.logouts).toBe(1)
    socket.report({ type: 'logout.confirmed' })
    await world.settle()
    expect(world.stored.sessions.find('s1')).toBe(null)
  })

  it('is done for both callers when it comes twice at the same time', async () => {
    await world.shown()
    expect(await Promise.all([remove(), remove()])).toEqual([{ done: true }, { done: true }])
  })

  it('is also done when it comes while the first deletion is being stored, and no fact follows that deletion', async () => {
    const socket = await world.shown()
    const { streamId } = world.entry().actor
    world.disk.holdWrites()
    const first = remove()
    await world.settle()
    world.disk.releaseWrites()
    world.disk.holdWrites()
    await world.settle()
    expect(world.entry().actor.deletion).toBe('begun')
    const second = remove()
    socket.owner.report({ type: 'socket.qr', hash: 'late', expiresAt: world.clock.now() + 1000 })
    await expect(socket.owner.received([incoming('late')])).rejects.toMatchObject({ code: 'NOT_READY' })
    await world.settle()
    world.disk.releaseWrites()
    expect(await Promise.all([first, second])).toEqual([{ done: true }, { done: true }])
    expect(world.stored.log.after(streamId, 0, 100).map(({ type }) => type)).toEqual(['session.deleted'])
    expect(world.logs.filter(line => /"level":"(error|warn)"/.test(line))).toEqual([])
  })

  it('waits with the first one for WhatsApp, and both are done', async () => {
    const socket = await world.linked()
    const first = remove()
    await world.settle()
    const second = remove()
    await world.settle()
    expect(socket.logouts).toBe(1)
    socket.report({ type: 'logout.confirmed' })
    expect(await Promise.all([first, second])).toEqual([{ done: true }, { done: true }])
  })

  it('is not answered as done because the process stops', async () => {
    await world.linked()
    const removed = remove()
    await world.settle()
    await world.stop()
    expect(await removed).toEqual({ done: false })
    await world.boot()
    expect(world.context().intent).toBe('delete')
  })

  it('asks nobody and erases at once when WhatsApp has already ended the link', async () => {
    ;(await world.linked()).report(closedAs('banned', 'banned'))
    await world.settle()
    const sockets = world.whatsapp.sockets.length
    expect(await remove()).toEqual({ done: true })
    expect(world.whatsapp.sockets).toHaveLength(sockets)
  })

  it('is finished by the next process when this one is killed in the middle', async () => {
    const socket = await world.linked()
    void remove().catch(() => {})
    await world.settle()
    world.disk.holdWrites()
    socket.report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    world.disk.releaseWrites()
    world.kill()
    await world.settle()
    expect(world.state()).toBe('loggedOut.unlinked')
    await world.boot()
    expect(world.stored.sessions.find('s1')).toBe(null)
    expect(world.supervisor.find('s1')).toBe(undefined)
  })

  it('leaves nothing in memory', async () => {
    for (let i = 0; i < 50; i++) {
      await start(`x${i}`)
      await world.settle()
      world.whatsapp.socketOf(`x${i}`).qr('a', world.clock.now() + 60_000)
      await world.settle()
      expect(await world.commands.delete(`x${i}`, world.clock.now() + 1000)).toEqual({ done: true })
    }
    expect(world.supervisor.live).toBe(0)
    expect(world.clock.pending()).toBe(1) // the reaper
  })
})
