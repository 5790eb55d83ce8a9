import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GatewayError } from '../../../src/base/errors.ts'
import { closedAs, opened, World } from '../world.ts'
import { ANA, bodies, sendingIn } from './sending.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())

const { send, ack, message, facts, disconnect, reconnect } = sendingIn(() => world)

describe('After a lost connection, the session', () => {
  it('sends unacknowledged messages again under the same id, oldest first, and nothing else', async () => {
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

  it('does the same when the process was killed', async () => {
    const socket = await world.linked()
    void send(ANA, 'transmitted')
    await world.settle()
    const [{ messageId }] = socket.sent as { messageId: string }[] as [{ messageId: string }]
    world.kill()
    await world.boot()
    const next = await world.openSocket()
    expect(next.sent.map(one => one.messageId)).toEqual([messageId])
    expect(message(messageId).attempts).toBe(2)
  })

  it('does not send twice a message that is still being sent when the session opens', async () => {
    await disconnect(await world.linked())
    void send(ANA, 'one')
    await world.wait(4000)
    await world.waitForRetry()
    const socket = world.whatsapp.socketOf('s1')
    const written = Promise.withResolvers<void>()
    socket.onSend = () => written.promise
    socket.report(opened)
    await world.settle()
    world.entry().outbox.resume()
    await world.settle()
    written.resolve()
    await world.settle()
    expect(bodies(socket)).toEqual(['one'])
  })

  it('ignores a late report of the old socket that it closed', async () => {
    const socket = await world.linked()
    await world.commands.restart('s1')
    await world.settle()
    const next = await world.openSocket()
    socket.owner.report(closedAs('backoff'))
    void send(ANA, 'one')
    await world.settle()
    expect([world.state(), bodies(next)]).toEqual(['open.settling', ['one']])
  })

  it('gives up messages older than SEND_MAX_AGE_MS', async () => {
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
    const socket = await world.openSocket()
    expect(bodies(socket)).toEqual(['young'])
    expect(message(old)).toMatchObject({ status: 'failed', error: expect.stringMatching(/^EXPIRED/) })
  })
})

describe('A send that is never acknowledged', () => {
  const unacked = async (socket: Awaited<ReturnType<World['linked']>>) => {
    await world.settle()
    await disconnect(socket)
    return reconnect()
  }

  it('goes out three times under one id, then is unknown, and a late ack still counts', async () => {
    const first = await world.linked()
    const sending = send(ANA, 'one', 3_600_000)
    const second = await unacked(first)
    const third = await unacked(second)
    expect(bodies(third)).toEqual(['one'])
    const fourth = await unacked(third)
    expect(bodies(fourth)).toEqual([])
    const { messageId, status } = await sending
    expect(status).toBe('unknown')
    expect([first, second, third].flatMap(({ sent }) => sent.map(one => one.messageId))).toEqual(
      Array(3).fill(messageId),
    )
    expect(message(messageId)).toMatchObject({ status: 'unknown', attempts: 3, error: /never said/ })
    expect(facts(messageId)).toEqual(['queued', 'transmitted', 'transmitted', 'transmitted', 'unknown'])
    ack(fourth, messageId)
    await world.settle()
    expect(message(messageId)).toMatchObject({ status: 'sent', error: null })
  })

  it('has its attempts counted over restarts of the process', async () => {
    await world.linked()
    void send(ANA, 'one', 0)
    for (const attempts of [2, 3]) {
      await world.settle()
      world.kill()
      await world.boot()
      const socket = await world.openSocket()
      expect(bodies(socket)).toEqual(['one'])
      expect(message(socket.sent[0]!.messageId).attempts).toBe(attempts)
    }
    world.kill()
    await world.boot()
    expect(bodies(await world.openSocket())).toEqual([])
  })

  it('lets the next message of its chat go', async () => {
    const socket = await world.linked()
    void send(ANA, 'one', 0)
    const third = await unacked(await unacked(socket))
    const fourth = await unacked(third)
    void send(ANA, 'two', 0)
    await world.settle()
    expect(bodies(fourth)).toEqual(['two'])
  })

  it('has no attempt counted while no byte has left', async () => {
    let socket = await world.linked()
    socket.onSend = busy
    world.whatsapp.onOpen = one => {
      one.onSend = busy
    }
    void send(ANA, 'one', 0)
    for (let n = 0; n < 5; n++) socket = await unacked(socket)
    world.whatsapp.onOpen = () => {}
    socket = await unacked(socket)
    await world.settle()
    expect(bodies(socket)).toEqual(['one'])
    ack(socket, socket.sent[0]!.messageId)
    await world.settle()
    expect(message(socket.sent[0]!.messageId).status).toBe('sent')
  })
})

const busy = () => Promise.reject(new GatewayError('SESSION_NOT_CONNECTED', 'Not now', { retryable: true }))

describe('While a session stays disconnected', () => {
  it('waiting sends fail once they are older than SEND_MAX_AGE_MS, and the caller is told why', async () => {
    await world.end()
    world = await World.start({ sendMaxAgeMs: 600_000 })
    const socket = await world.linked()
    void send(ANA, 'left', 0)
    await world.settle()
    const left = socket.sent[0]!.messageId
    await disconnect(socket)
    const waiting = expect(send(ANA, 'waiting', 3_600_000)).rejects.toMatchObject({
      code: 'SEND_FAILED',
      message: /SEND_MAX_AGE_MS/,
    })
    world.whatsapp.onOpen = never => never.report(closedAs('backoff'))
    await world.wait(550_000)
    expect(message(left).status).toBe('transmitted')
    await world.wait(120_000)
    await waiting
    expect(message(left).status).toBe('unknown')
    expect(world.stored.messages.unsent(world.entry().actor.streamId)).toEqual([])
  })

  it('a send that is being transmitted at that very moment does not fail', async () => {
    await world.end()
    world = await World.start({ sendMaxAgeMs: 60_000 })
    const socket = await world.linked()
    const written = Promise.withResolvers<void>()
    socket.onSend = () => written.promise
    void send(ANA, 'slow', 0)
    await world.settle()
    await world.wait(300_000)
    written.resolve()
    await world.settle()
    const { messageId } = socket.sent[0]!
    ack(socket, messageId)
    await world.settle()
    expect(message(messageId).status).toBe('sent')
  })
})

describe('A send that fails to leave although the connection holds', () => {
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

  it('is sent by the next connection when this one ends first', async () => {
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
