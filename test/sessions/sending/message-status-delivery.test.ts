import { afterEach, describe, expect, it, vi } from 'vitest'
import { messageStatusPayload as shape } from '../../../src/laravel/payloads.ts'
import { text } from '../fakes.ts'
import { World } from '../world.ts'
import { ANA, EVA, sendingIn } from './sending.ts'

let world: World
afterEach(() => world.end())

const { send, ack, facts, message } = sendingIn(() => world)

/** Receipts put into deliveries so far, in order. */
const receipts = () =>
  world.disk.committed.flatMap(({ deliveries = [] }) => deliveries).filter(({ kind }) => kind === 'receipt')

async function sent(to = ANA, tellStatus = true) {
  world = await World.start({ tellStatus })
  const socket = await world.linked()
  void send(to).catch(() => {})
  await world.settle()
  return { socket, messageId: socket.sent[0]!.messageId }
}

describe('Message statuses for Laravel', () => {
  it('are one delivery per status, under the seq of its fact, in the shape of the contract', async () => {
    const { socket, messageId } = await sent()
    ack(socket, messageId)
    const at = world.clock.now()
    for (const status of ['delivered', 'read', 'played'] as const)
      for (let i = 0; i < 2; i++) socket.owner.updated({ messageId, status, at: at - 60_000 })
    socket.owner.updated({ messageId, status: 'delivered', at })
    await world.settle()
    const { streamId } = world.entry().actor
    expect(receipts().map(({ payload }) => payload!.status)).toEqual(['sent', 'delivered', 'read', 'played'])
    for (const delivery of receipts()) {
      const row = world.rows().find(({ seq }) => seq === delivery.seq)!
      expect(row.type).toBe(`message.${delivery.payload!.status}`)
      expect(delivery.webhookId).toBe(`${streamId}.${row.seq}.receipt`)
      // What is delivered has its seq from the row.
      expect(shape.omit({ seq: true }).strict().parse(delivery.payload)).toMatchObject({
        session_id: 's1',
        user_id: 7,
        message_id: messageId,
        client_ref: null,
        error: null,
        metadata: null,
      })
    }
    expect(receipts()[1]!.payload!.timestamp).toBe(new Date(at - 60_000).toISOString())
  })

  it('are stored in the same commit as their fact', async () => {
    const { socket, messageId } = await sent()
    ack(socket, messageId)
    await world.settle()
    const write = world.disk.committed.find(({ deliveries = [] }) => deliveries[0]?.kind === 'receipt')!
    expect(write.events!.map(({ type }) => type)).toEqual(['message.sent'])
    expect(write.messages).toMatchObject([{ update: { messageId, status: 'sent' } }])
  })

  it('have a lane of their own for each chat, which is woken', async () => {
    const { socket, messageId } = await sent()
    void send(EVA)
    await world.settle()
    ack(socket, messageId)
    ack(socket, socket.sent[1]!.messageId)
    await world.settle()
    const { streamId } = world.entry().actor
    const lanes = [ANA, EVA].map(number => `${streamId}|receipts|${number}@s.whatsapp.net`)
    expect(receipts().map(({ lane }) => lane)).toEqual(lanes)
    expect(world.wokenLanes).toEqual(expect.arrayContaining(lanes))
  })

  it('say why a send failed, and none follows that', async () => {
    const { socket, messageId } = await sent()
    const at = world.clock.now()
    socket.owner.updated({ messageId, status: 'failed', at, code: '400', error: 'Because.' })
    socket.owner.updated({ messageId, status: 'delivered', at })
    await world.settle()
    expect(receipts().map(({ payload }) => payload)).toMatchObject([
      { status: 'failed', error: '400: Because.' },
    ])
  })

  it('are delivered for sends that a logout fails, also when the session is deleted with it', async () => {
    world = await World.start({ tellStatus: true })
    const socket = await world.linked()
    socket.onSend = () => new Promise(() => {})
    const sending = send().catch((error: unknown) => error)
    await world.settle()
    void world.commands.delete('s1', world.clock.now() + 1000)
    await world.settle()
    socket.report({ type: 'logout.confirmed' })
    await world.settle()
    expect(await sending).toMatchObject({ code: 'SESSION_LOGGED_OUT' })
    expect(receipts().map(({ payload }) => payload!.status)).toEqual(['failed'])
    expect(world.stored.deliveries.lanes('', 1_000).map(({ lane }) => lane)).toContain(receipts()[0]!.lane)
  })

  const own = { client_ref: 'order-7', metadata: { order: 7 } }
  const sendOwn = () => world.commands.send('s1', { ...text(ANA, 'hello'), ...own }, world.clock.now() + 4000)
  const owns = () => receipts().map(({ payload }) => [payload!.client_ref, payload!.metadata])

  it('have what the caller gave with the send, from memory', async () => {
    world = await World.start({ tellStatus: true })
    const socket = await world.linked()
    void sendOwn()
    await world.settle()
    const { messageId } = socket.sent[0]!
    const reads = vi.spyOn(world.store.messages, 'find')
    ack(socket, messageId)
    socket.owner.updated({ messageId, status: 'delivered', at: world.clock.now() })
    await world.settle()
    expect(owns()).toEqual(Array.from({ length: 2 }, () => [own.client_ref, own.metadata]))
    expect(reads).not.toHaveBeenCalled()
    expect(message(messageId).content).toMatchObject(own)
  })

  it('have it also in another life of the process, which reads it once', async () => {
    world = await World.start({ tellStatus: true })
    const socket = await world.linked()
    void sendOwn()
    await world.settle()
    const { messageId } = socket.sent[0]!
    ack(socket, messageId)
    await world.settle()
    await world.stop()
    await world.boot()
    const again = await world.openSocket()
    const reads = vi.spyOn(world.store.messages, 'find')
    for (const status of ['delivered', 'read', 'played'] as const)
      again.owner.updated({ messageId, status, at: world.clock.now() })
    await world.settle()
    expect(owns()).toEqual(Array.from({ length: 4 }, () => [own.client_ref, own.metadata]))
    expect(reads).toHaveBeenCalledTimes(1)
  })

  it('have it also when the session is deleted, and its messages with it', async () => {
    world = await World.start({ tellStatus: true })
    const socket = await world.linked()
    socket.onSend = () => new Promise(() => {})
    const sending = sendOwn().catch(() => {})
    await world.settle()
    void world.commands.delete('s1', world.clock.now() + 1000)
    await world.settle()
    socket.report({ type: 'logout.confirmed' })
    await world.settle()
    await sending
    expect(receipts()[0]!.payload).toMatchObject({ ...own, status: 'failed', user_id: 7 })
    expect(world.stored.deliveries.head(receipts()[0]!.lane)!.payload).toMatchObject(own)
  })

  it('are not delivered unless they are configured', async () => {
    const { socket, messageId } = await sent(ANA, false)
    ack(socket, messageId)
    await world.settle()
    expect(facts(messageId)).toContain('sent')
    expect(receipts()).toEqual([])
  })

  it.each([
    1e300,
    Number.POSITIVE_INFINITY,
    -1e300,
  ])('are delivered also when the other side sends a time of %d', async at => {
    const { socket, messageId } = await sent()
    socket.owner.updated({ messageId, status: 'delivered', at })
    await world.settle()
    expect(receipts()).toHaveLength(1)
    expect(world.state()).toMatch(/^open/)
  })
})
