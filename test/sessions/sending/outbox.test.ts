import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { text } from '../fakes.ts'
import { closedAs, opened, World } from '../world.ts'
import { ANA, bodies, EVA, sendingIn } from './sending.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())

const { send, ack, message, facts, disconnect } = sendingIn(() => world)

describe('A send', () => {
  it('goes from queued to read, with each status stored once in the log and in the table', async () => {
    const socket = await world.linked()
    const sending = send()
    await world.settle()
    const { messageId } = socket.sent[0]!
    ack(socket, messageId)
    expect(await sending).toEqual({ messageId, status: 'sent', address: `${ANA}@s.whatsapp.net` })
    for (const status of ['delivered', 'read', 'played'] as const) {
      socket.owner.updated({ messageId, status, at: world.clock.now() })
      socket.owner.updated({ messageId, status, at: world.clock.now() })
    }
    await world.settle()
    expect(facts(messageId)).toEqual(['queued', 'transmitted', 'sent', 'delivered', 'read', 'played'])
    expect(message(messageId)).toMatchObject({ status: 'played', attempts: 1, error: null })
  })

  it('keeps its order with others to the same person, by number and by LID, also when that was learnt meanwhile', async () => {
    const socket = await world.linked()
    const [number, lid] = [`${ANA}@s.whatsapp.net`, '77@lid']
    const written = Promise.withResolvers<void>()
    socket.onSend = () => written.promise
    const sending = [send(ANA, 'first'), send(ANA, 'second')]
    await world.settle()
    const { streamId, epoch } = world.entry().actor
    const ana = { chatId: lid, lid, number, username: null, names: [lid, number], learntAt: 1 }
    void world.store.commit({ streamId, epoch, people: [ana] })
    const toLid = { ...text(ANA, 'third'), to: lid }
    sending.push(world.commands.send('s1', toLid, world.clock.now() + 4000), send(ANA, 'fourth'))
    await world.settle()
    expect(bodies(socket)).toEqual(['first'])
    written.resolve()
    await world.settle()
    expect(bodies(socket)).toEqual(['first', 'second', 'third', 'fourth'])
    for (const { messageId } of socket.sent) ack(socket, messageId)
    const answers = await Promise.all(sending)
    expect(answers.map(({ address }) => address)).toEqual([number, number, lid, number])
    expect(answers.map(({ messageId }) => message(messageId).chatId)).toEqual([number, number, lid, lid])
  })

  it('keeps it after a lost connection, during which the LID of the person was learnt', async () => {
    const lost = await world.linked()
    const [number, lid] = [`${ANA}@s.whatsapp.net`, '77@lid']
    const sending = [send(ANA, 'first')]
    await world.settle()
    lost.report(closedAs('backoff', 'network'))
    await world.settle()
    const { streamId, epoch } = world.entry().actor
    const ana = { chatId: lid, lid, number, username: null, names: [lid, number], learntAt: 1 }
    await world.store.commit({ streamId, epoch, people: [ana] })
    sending.push(world.commands.send('s1', { ...text(ANA, 'second'), to: lid }, world.clock.now() + 4000))
    await world.settle()
    const written = Promise.withResolvers<void>()
    await world.waitForRetry()
    const socket = world.whatsapp.socketOf('s1')
    socket.onSend = () => written.promise
    await world.openSocket()
    expect(bodies(socket)).toEqual(['first'])
    written.resolve()
    await world.settle()
    expect(bodies(socket)).toEqual(['first', 'second'])
    for (const { messageId } of socket.sent) ack(socket, messageId)
    await Promise.all(sending)
  })

  it('waits for the first open when it comes right after the scan, and goes out then', async () => {
    const first = await world.shown()
    first.report({ type: 'socket.paired', waId: '34600000001', lid: '1@lid' })
    first.report(closedAs('reconnectNow', 'restart'))
    await world.settle()
    const sending = [send(), send()]
    await world.settle()
    expect([world.state(), first.sent]).toEqual(['starting.connecting', []])
    const socket = await world.openSocket()
    expect(socket.sent).toHaveLength(2)
    for (const { messageId } of socket.sent) ack(socket, messageId)
    expect((await Promise.all(sending)).map(({ status }) => status)).toEqual(['sent', 'sent'])
  })

  it('fails with the reason when WhatsApp refuses the login after the scan', async () => {
    const first = await world.shown()
    first.report({ type: 'socket.paired', waId: '34600000001', lid: '1@lid' })
    first.report(closedAs('reconnectNow', 'restart'))
    await world.settle()
    const sending = send()
    await world.settle()
    world.whatsapp.socketOf('s1').report(closedAs('unlinked', 'unlinked'))
    await expect(sending).rejects.toMatchObject({ code: 'SESSION_LOGGED_OUT' })
  })

  it('counts as activity of the session, while receipts do not', async () => {
    const socket = await world.linked()
    await world.wait(60_000)
    void send()
    await world.settle()
    const at = world.clock.now()
    expect(world.stored.sessions.find('s1')!.lastActivity).toBe(at)
    await world.wait(60_000)
    socket.owner.updated({ messageId: socket.sent[0]!.messageId, status: 'read', at: world.clock.now() })
    await world.settle()
    expect(world.stored.sessions.find('s1')!.lastActivity).toBe(at)
  })

  it('is answered as queued when the ack takes longer than the deadline, and the later ack still counts', async () => {
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

  it('is answered with 422 and the code of WhatsApp when WhatsApp refuses it, and the refusal is a fact', async () => {
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

  it('fails at once when its message cannot be built', async () => {
    const socket = await world.linked()
    socket.onSend = async () => {
      throw new TypeError('secret text')
    }
    await expect(send()).rejects.toMatchObject({ code: 'SEND_FAILED', status: 422 })
    expect(facts(socket.sent[0]!.messageId)).toEqual(['queued', 'failed'])
    expect(world.state()).toBe('open.settling')
  })
})

describe('The status of a message', () => {
  it('becomes sent when the ack comes before the write returns', async () => {
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

  it('becomes sent when the ack comes at the same moment as the write returns', async () => {
    const socket = await world.linked()
    world.disk.holdWrites()
    const sending = send()
    await world.settle()
    world.disk.releaseWrites()
    world.disk.holdWrites()
    await world.settle()
    const { messageId } = socket.sent[0]!
    ack(socket, messageId)
    await world.settle()
    world.disk.releaseWrites()
    expect((await sending).status).toBe('sent')
    await world.settle()
    expect(facts(messageId)).toEqual(['queued', 'transmitted', 'sent'])
  })

  it('only moves forward, in whatever order and however often updates come', async () => {
    const socket = await world.linked()
    void send()
    await world.settle()
    const { messageId } = socket.sent[0]!
    world.disk.holdWrites()
    for (const status of ['read', 'sent', 'delivered', 'read', 'played', 'sent'] as const)
      socket.owner.updated({ messageId, status, at: world.clock.now() })
    socket.owner.updated({ messageId, status: 'failed', at: world.clock.now(), code: '500', error: 'x' })
    world.disk.releaseWrites()
    await world.settle()
    expect(facts(messageId)).toEqual(['queued', 'transmitted', 'read', 'played'])
    expect(message(messageId)).toMatchObject({ status: 'played', error: null })
  })

  it('stays failed once it is failed', async () => {
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

  it('is ignored for a message that we did not send', async () => {
    const socket = await world.linked()
    const { length } = world.rows()
    ack(socket, 'UNKNOWN')
    await world.settle()
    expect(world.rows()).toHaveLength(length)
  })
})

describe('The order of sends', () => {
  it('is kept within a chat, while chats do not wait for each other', async () => {
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

  it('puts waiting messages before those that come at the moment of the open', async () => {
    await disconnect(await world.linked())
    void send(ANA, 'waited')
    await world.wait(4000)
    await world.waitForRetry()
    const socket = world.whatsapp.socketOf('s1')
    world.disk.holdWrites()
    socket.report(opened)
    void send(ANA, 'new')
    await world.settle()
    world.disk.releaseWrites()
    await world.settle()
    expect(bodies(socket)).toEqual(['waited', 'new'])
  })

  it('lets the next message of a chat go when one has failed', async () => {
    const socket = await world.linked()
    socket.onSend = async id => {
      if (id === socket.sent[0]!.messageId) throw new TypeError('x')
    }
    const first = send(ANA, 'bad')
    void send(ANA, 'good')
    await expect(first).rejects.toMatchObject({ code: 'SEND_FAILED' })
    await world.settle()
    expect(bodies(socket)).toEqual(['bad', 'good'])
  })
})

describe('A send to a session that is not open', () => {
  it.each([
    'starting',
    'awaitingQr',
    'suspended',
    'loggedOut',
  ])('is refused with 409 in %s, and nothing is stored', async state => {
    if (state === 'starting') await world.started()
    if (state === 'awaitingQr') await world.shown()
    if (state === 'suspended') (await world.linked()).report(closedAs('suspend', 'replaced'))
    if (state === 'loggedOut') (await world.linked()).report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    const { length } = world.rows()
    await expect(send()).rejects.toMatchObject({ code: 'SESSION_NOT_CONNECTED', status: 409 })
    await world.wait(60_000)
    expect(world.factTypes().slice(length)).not.toContain('message.queued')
  })

  it('wakes a hibernated session and goes out', async () => {
    await world.end()
    world = await World.start({ policy: 'hibernate' })
    await world.linked()
    await world.wait(31 * 60_000)
    expect(world.state()).toBe('reconnecting.hibernated')
    const sending = send()
    await world.settle()
    expect(world.state()).toBe('starting.connecting')
    const socket = await world.openSocket()
    const { messageId } = socket.sent[0]!
    ack(socket, messageId)
    expect(await sending).toMatchObject({ messageId, status: 'sent' })
  })

  it('wakes a hibernated session after a restart when the process died before it could', async () => {
    await world.end()
    world = await World.start({ policy: 'hibernate' })
    await world.linked()
    await world.wait(31 * 60_000)
    world.disk.onWrite = write => {
      if (write.messages?.some(one => 'insert' in one)) world.kill()
    }
    void send()
    await world.settle()
    expect([world.state(), world.factTypes().at(-1)]).toEqual(['reconnecting.hibernated', 'message.queued'])
    world.disk.onWrite = () => {}
    await world.boot()
    expect([world.state(), world.rows().at(-1)!.data]).toEqual(['starting.connecting', { sendsWait: true }])
    const socket = await world.openSocket()
    expect(socket.sent).toHaveLength(1)
  })

  it('fails with SESSION_LOGGED_OUT if it waited at a logout, is unknown if it had left, and never goes out on the next link', async () => {
    const socket = await world.linked()
    const left = send(ANA, 'transmitted', 60_000)
    await world.settle()
    await disconnect(socket)
    const outcomes = Promise.allSettled([send(ANA, 'waiting', 60_000), send(EVA, 'too', 60_000)])
    await world.waitForRetry()
    world.whatsapp.socketOf('s1').report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { code: 'SESSION_LOGGED_OUT', status: 409 },
      })
    const { messageId, status } = await left
    expect(status).toBe('unknown')
    expect(facts(messageId)).toEqual(['queued', 'transmitted', 'unknown'])
    expect(world.factTypes().filter(type => type === 'message.failed')).toHaveLength(2)
    await world.commands.start({ sessionId: 's1', userId: 7 })
    await world.settle()
    const fresh = await world.openSocket()
    expect(fresh.sent).toEqual([])
  })

  it('ends in the same way when the process is killed right after the logout', async () => {
    const socket = await world.linked()
    await disconnect(socket)
    void send(ANA, 'waiting', 0)
    await world.settle()
    await world.waitForRetry()
    world.disk.holdWrites()
    world.whatsapp.socketOf('s1').report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    world.disk.releaseWrites()
    world.kill()
    await world.settle()
    expect(world.state()).toBe('loggedOut.unlinked')
    await world.boot()
    expect(world.factTypes().filter(type => type === 'message.failed')).toHaveLength(1)
  })
})

it('The outbox keeps nothing in memory of sends that are done', async () => {
  const socket = await world.linked()
  socket.onSend = async id => {
    queueMicrotask(() => ack(socket, id))
  }
  await Promise.all(Array.from({ length: 200 }, (_, i) => send(`3460000${String(i).padStart(4, '0')}`)))
  await world.settle()
  expect(world.rows().filter(({ type }) => type === 'message.sent')).toHaveLength(200)
  expect(world.clock.pending()).toBeLessThan(5)
  expect(world.stored.messages.unsent(world.entry().actor.streamId)).toEqual([])
})
