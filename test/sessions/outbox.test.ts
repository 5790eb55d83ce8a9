import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GatewayError } from '../../src/errors.ts'
import type { FakeSocket } from './fakes.ts'
import { text } from './fakes.ts'
import { closedAs, opened, World } from './world.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())

const ANA = '34611111111'
const EVA = '34622222222'
const send = (to = ANA, body = 'hello', waitMs = 4000) =>
  world.commands.send('s1', text(to, body), world.clock.now() + waitMs)
const bodies = (socket: FakeSocket) => socket.sent.map(({ content }) => content.body)
const ack = (socket: FakeSocket, messageId: string) =>
  socket.owner.updated({ messageId, status: 'sent', at: world.clock.now() })
const message = (id: string) => world.store.messages.find(world.entry().actor.streamId, id, 'out')!
const facts = (id: string) =>
  world
    .rows()
    .filter(({ data }) => data.messageId === id)
    .map(({ type }) => type.replace('message.', ''))
const disconnect = async (socket: FakeSocket) => {
  socket.report(closedAs('backoff'))
  await world.settle()
}
const reconnect = async () => {
  await world.backoff()
  return world.reopened()
}

describe('a send', () => {
  it('goes from queued to read, each step once, in the log and in the table', async () => {
    const socket = await world.linked()
    const sending = send()
    await world.settle()
    const { messageId } = socket.sent[0]!
    ack(socket, messageId)
    expect(await sending).toEqual({ messageId, status: 'sent', remoteJid: `${ANA}@s.whatsapp.net` })
    for (const status of ['delivered', 'read', 'played'] as const) {
      socket.owner.updated({ messageId, status, at: world.clock.now() })
      socket.owner.updated({ messageId, status, at: world.clock.now() })
    }
    await world.settle()
    expect(facts(messageId)).toEqual(['queued', 'transmitted', 'sent', 'delivered', 'read', 'played'])
    expect(message(messageId)).toMatchObject({ status: 'played', attempts: 1, error: null })
  })

  it('counts as activity, receipts do not', async () => {
    const socket = await world.linked()
    await world.wait(60_000)
    void send()
    await world.settle()
    const at = world.clock.now()
    expect(world.store.sessions.find('s1')!.lastActivity).toBe(at)
    await world.wait(60_000)
    socket.owner.updated({ messageId: socket.sent[0]!.messageId, status: 'read', at: world.clock.now() })
    await world.settle()
    expect(world.store.sessions.find('s1')!.lastActivity).toBe(at)
  })

  it('is answered as queued when the ack takes longer than the deadline; the ack counts all the same', async () => {
    const socket = await world.linked()
    const sending = send()
    await world.wait(3999)
    let answered = false
    void sending.then(() => {
      answered = true
    })
    await world.settle()
    expect(answered).toBe(false)
    await world.wait(1)
    expect((await sending).status).toBe('queued')
    ack(socket, socket.sent[0]!.messageId)
    await world.settle()
    expect(message(socket.sent[0]!.messageId).status).toBe('sent')
  })

  it('is refused by WhatsApp: 422 with its code, and a fact', async () => {
    const socket = await world.linked()
    const sending = send()
    await world.settle()
    const { messageId } = socket.sent[0]!
    socket.owner.updated({
      messageId,
      status: 'failed',
      at: world.clock.now(),
      code: '463',
      error: 'Too many new chats.',
    })
    await expect(sending).rejects.toMatchObject({ code: 'WHATSAPP_REJECTED', message: /463/ })
    expect(message(messageId)).toMatchObject({ status: 'failed', error: '463: Too many new chats.' })
    expect(facts(messageId)).toEqual(['queued', 'transmitted', 'failed'])
  })

  it('that cannot be built fails at once', async () => {
    const socket = await world.linked()
    socket.onSend = async () => {
      throw new TypeError('secret text')
    }
    await expect(send()).rejects.toMatchObject({ code: 'WHATSAPP_REJECTED' })
    expect(facts(socket.sent[0]!.messageId)).toEqual(['queued', 'failed'])
    expect(world.state()).toBe('open.settling')
  })
})

describe('statuses only move forward', () => {
  it('an ack that comes before the write returned', async () => {
    const socket = await world.linked()
    const written = Promise.withResolvers<void>()
    socket.onSend = () => written.promise
    const sending = send()
    await world.settle()
    const { messageId } = socket.sent[0]!
    ack(socket, messageId)
    await world.settle()
    expect((await sending).status).toBe('sent')
    written.resolve()
    await world.settle()
    expect(facts(messageId)).toEqual(['queued', 'sent'])
    expect(message(messageId).status).toBe('sent')
  })

  it('an ack in the same breath as the write', async () => {
    const socket = await world.linked()
    world.disk.hold()
    const sending = send()
    await world.settle()
    world.disk.release()
    world.disk.hold()
    await world.settle()
    const { messageId } = socket.sent[0]!
    ack(socket, messageId)
    await world.settle()
    world.disk.release()
    expect((await sending).status).toBe('sent')
    await world.settle()
    expect(facts(messageId)).toEqual(['queued', 'transmitted', 'sent'])
  })

  it('whatever the order and however often they come', async () => {
    const socket = await world.linked()
    void send()
    await world.settle()
    const { messageId } = socket.sent[0]!
    world.disk.hold()
    for (const status of ['read', 'sent', 'delivered', 'read', 'played', 'sent'] as const)
      socket.owner.updated({ messageId, status, at: world.clock.now() })
    socket.owner.updated({ messageId, status: 'failed', at: world.clock.now(), code: '500', error: 'x' })
    world.disk.release()
    await world.settle()
    expect(facts(messageId)).toEqual(['queued', 'transmitted', 'read', 'played'])
    expect(message(messageId)).toMatchObject({ status: 'played', error: null })
  })

  it('what failed stays failed', async () => {
    const socket = await world.linked()
    const sending = send()
    await world.settle()
    const { messageId } = socket.sent[0]!
    const at = world.clock.now()
    socket.owner.updated({ messageId, status: 'failed', at, code: '463', error: 'x' })
    await expect(sending).rejects.toThrow()
    for (const status of ['sent', 'delivered', 'read'] as const)
      socket.owner.updated({ messageId, status, at })
    await world.settle()
    expect(facts(messageId)).toEqual(['queued', 'transmitted', 'failed'])
  })

  it('of a message that is not ours: nothing', async () => {
    const socket = await world.linked()
    const { length } = world.rows()
    ack(socket, 'UNKNOWN')
    await world.settle()
    expect(world.rows()).toHaveLength(length)
  })
})

describe('order', () => {
  it('within a chat one after the other, chats beside each other', async () => {
    const socket = await world.linked()
    const written: Record<string, PromiseWithResolvers<void>> = {}
    socket.onSend = id => {
      written[id] = Promise.withResolvers<void>()
      return written[id].promise
    }
    for (const [to, body] of [
      [ANA, 'a1'],
      [ANA, 'a2'],
      [EVA, 'e1'],
      [ANA, 'a3'],
    ] as const)
      void send(to, body)
    await world.settle()
    expect(bodies(socket)).toEqual(['a1', 'e1'])
    written[socket.sent[0]!.messageId]!.resolve()
    await world.settle()
    expect(bodies(socket)).toEqual(['a1', 'e1', 'a2'])
    written[socket.sent[2]!.messageId]!.resolve()
    await world.settle()
    expect(bodies(socket)).toEqual(['a1', 'e1', 'a2', 'a3'])
    for (const one of Object.values(written)) one.resolve()
    await world.settle()
  })

  it('what waited goes before what comes at the moment of the open', async () => {
    await disconnect(await world.linked())
    void send(ANA, 'waited')
    await world.wait(4000)
    await world.backoff()
    const socket = world.whatsapp.of('s1')
    world.disk.hold()
    socket.report(opened)
    void send(ANA, 'new')
    await world.settle()
    world.disk.release()
    await world.settle()
    expect(bodies(socket)).toEqual(['waited', 'new'])
  })

  it('one chat that fails does not hold up its next message', async () => {
    const socket = await world.linked()
    socket.onSend = async id => {
      if (id === socket.sent[0]!.messageId) throw new TypeError('x')
    }
    const first = send(ANA, 'bad')
    void send(ANA, 'good')
    await expect(first).rejects.toMatchObject({ code: 'WHATSAPP_REJECTED' })
    await world.settle()
    expect(bodies(socket)).toEqual(['bad', 'good'])
  })
})

describe('a lost connection', () => {
  it('sends again under the same id what was not acked, oldest first, and nothing else', async () => {
    const socket = await world.linked()
    const acked = send(ANA, 'acked')
    await world.settle()
    ack(socket, socket.sent[0]!.messageId)
    await acked
    void send(ANA, 'transmitted')
    await world.settle()
    socket.onSend = () => Promise.withResolvers<void>().promise
    void send(ANA, 'in flight')
    void send(ANA, 'queued')
    await world.settle()
    expect(bodies(socket)).toEqual(['acked', 'transmitted', 'in flight'])
    await disconnect(socket)
    void send(ANA, 'while away')
    await world.wait(4000)
    const next = await reconnect()
    expect(bodies(next)).toEqual(['transmitted', 'in flight', 'queued', 'while away'])
    expect(next.sent.slice(0, 2).map(({ messageId }) => messageId)).toEqual(
      socket.sent.slice(1).map(({ messageId }) => messageId),
    )
    for (const { messageId } of next.sent) ack(next, messageId)
    await world.settle()
    expect(next.sent.map(({ messageId }) => message(messageId).status)).toEqual(Array(4).fill('sent'))
  })

  it('does the same after the process was killed', async () => {
    const socket = await world.linked()
    void send(ANA, 'transmitted')
    await world.settle()
    const [{ messageId }] = socket.sent as { messageId: string }[] as [{ messageId: string }]
    world.kill()
    await world.boot()
    const next = await world.reopened()
    expect(next.sent.map(one => one.messageId)).toEqual([messageId])
    expect(message(messageId).attempts).toBe(2)
  })

  it('does not send a second time what is still being sent when the session opens', async () => {
    await disconnect(await world.linked())
    void send(ANA, 'one')
    await world.wait(4000)
    await world.backoff()
    const socket = world.whatsapp.of('s1')
    const written = Promise.withResolvers<void>()
    socket.onSend = () => written.promise
    socket.report(opened)
    await world.settle()
    world.entry().outbox.pump()
    await world.settle()
    written.resolve()
    await world.settle()
    expect(bodies(socket)).toEqual(['one'])
  })

  it('gives up what is older than SEND_MAX_AGE_MS', async () => {
    await world.end()
    world = await World.start({ sendMaxAgeMs: 60_000 })
    await disconnect(await world.linked())
    void send(ANA, 'old')
    await world.wait(4000)
    const old = world.rows().find(({ type }) => type === 'message.queued')!.data.messageId as string
    await world.wait(70_000)
    void send(ANA, 'young')
    await world.wait(4000)
    while (world.state() !== 'starting.connecting') await world.wait(1000)
    const socket = await world.reopened()
    expect(bodies(socket)).toEqual(['young'])
    expect(message(old)).toMatchObject({ status: 'failed', error: expect.stringMatching(/^EXPIRED/) })
  })
})

describe('a send that WhatsApp did not take although the connection holds', () => {
  const busy = () => Promise.reject(new GatewayError('SESSION_NOT_CONNECTED', 'Not now', { retryable: true }))

  it('is tried again under the same id while the session stays open', async () => {
    const socket = await world.linked()
    socket.onSend = busy
    void send(ANA, 'first')
    void send(ANA, 'second')
    await world.settle()
    expect(bodies(socket)).toEqual(['first'])
    socket.onSend = async () => {}
    await world.wait(30_000)
    expect(bodies(socket)).toEqual(['first', 'first', 'second'])
    expect(new Set(socket.sent.map(({ messageId }) => messageId)).size).toBe(2)
  })

  it('is given to the next connection when this one ends first', async () => {
    const socket = await world.linked()
    socket.onSend = busy
    void send(ANA, 'first')
    await world.settle()
    await disconnect(socket)
    const next = await reconnect()
    await world.wait(30_000)
    expect(bodies(next)).toEqual(['first'])
  })
})

describe('a session that is not open', () => {
  it.each([
    'starting',
    'awaitingQr',
    'suspended',
    'loggedOut',
  ])('%s: 409, and nothing is stored', async state => {
    if (state === 'starting') await world.started()
    if (state === 'awaitingQr') await world.shown()
    if (state === 'suspended') (await world.linked()).report(closedAs('suspend', 'replaced'))
    if (state === 'loggedOut') (await world.linked()).report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    const { length } = world.rows()
    await expect(send()).rejects.toMatchObject({ code: 'SESSION_NOT_CONNECTED', status: 409 })
    await world.wait(60_000)
    expect(world.types().slice(length)).not.toContain('message.queued')
  })

  it('hibernated: the send wakes it and goes out', async () => {
    await world.end()
    world = await World.start({ policy: 'hibernate' })
    await world.linked()
    await world.wait(31 * 60_000)
    expect(world.state()).toBe('reconnecting.hibernated')
    const sending = send()
    await world.settle()
    expect(world.state()).toBe('starting.connecting')
    const socket = await world.reopened()
    const { messageId } = socket.sent[0]!
    ack(socket, messageId)
    expect(await sending).toMatchObject({ messageId, status: 'sent' })
  })

  it('logged out: what waited fails with SESSION_LOGGED_OUT and is never sent to the next link', async () => {
    const socket = await world.linked()
    const outcomes = Promise.allSettled([send(ANA, 'transmitted', 60_000), send(EVA, 'too', 60_000)])
    await world.settle()
    await disconnect(socket)
    await world.backoff()
    world.whatsapp.of('s1').report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { code: 'SESSION_LOGGED_OUT', status: 409 },
      })
    expect(world.types().filter(type => type === 'message.failed')).toHaveLength(2)
    await world.commands.start({ sessionId: 's1', userId: 7 })
    await world.settle()
    const fresh = await world.reopened()
    expect(fresh.sent).toEqual([])
  })

  it('logged out by a process that was killed at once: the same', async () => {
    const socket = await world.linked()
    await disconnect(socket)
    void send(ANA, 'waiting', 0)
    await world.settle()
    await world.backoff()
    world.disk.hold()
    world.whatsapp.of('s1').report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    world.disk.release()
    world.kill()
    await world.settle()
    expect(world.state()).toBe('loggedOut.unlinked')
    await world.boot()
    expect(world.types().filter(type => type === 'message.failed')).toHaveLength(1)
  })
})

it('keeps nothing in memory of what is through', async () => {
  const socket = await world.linked()
  socket.onSend = async id => {
    queueMicrotask(() => ack(socket, id))
  }
  await Promise.all(Array.from({ length: 200 }, (_, i) => send(`3460000${String(i).padStart(4, '0')}`)))
  await world.settle()
  expect(world.rows().filter(({ type }) => type === 'message.sent')).toHaveLength(200)
  expect(world.clock.pending()).toBeLessThan(5)
  expect(world.store.messages.unsent(world.entry().actor.streamId)).toEqual([])
})
