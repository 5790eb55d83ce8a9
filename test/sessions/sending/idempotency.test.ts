import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SendOutcome } from '../../../src/ports/sessions.ts'
import { text } from '../fakes.ts'
import { closedAs, World } from '../world.ts'
import { ANA, bodies, EVA, sendingIn } from './sending.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())

const { ack, message, disconnect, reconnect } = sendingIn(() => world)
const once = (key: string, body = 'hello', waitMs = 4000, to = ANA): Promise<SendOutcome> =>
  world.commands.send('s1', text(to, body), world.clock.now() + waitMs, key)

describe('An idempotency key', () => {
  it('sends once: the second request gets the first message id and its current status', async () => {
    const socket = await world.linked()
    const first = once('k')
    await world.settle()
    ack(socket, socket.sent[0]!.messageId)
    const { messageId } = await first
    const address = `${ANA}@s.whatsapp.net`
    expect(await once('k')).toEqual({ messageId, status: 'sent', address, replayed: true })
    socket.owner.updated({ messageId, status: 'read', at: world.clock.now() })
    await world.settle()
    expect(await once('k')).toEqual({ messageId, status: 'read', address, replayed: true })
    expect(bodies(socket)).toEqual(['hello'])
  })

  it('is a mismatch with other content, while the first send waits and afterwards', async () => {
    const socket = await world.linked()
    const first = once('k', 'hello')
    for (const other of [once('k', 'bye'), once('k', 'hello', 4000, EVA)])
      await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH', status: 422 })
    await world.settle()
    ack(socket, socket.sent[0]!.messageId)
    await first
    await expect(once('k', 'bye')).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
    expect(bodies(socket)).toEqual(['hello'])
  })

  it("is a mismatch with another name or metadata of the caller's, which nobody would hear of", async () => {
    const socket = await world.linked()
    const send = (more: object) =>
      world.commands.send('s1', { ...text(ANA, 'hello'), ...more }, world.clock.now() + 4000, 'k')
    const own = { client_ref: 'order-7', metadata: { order: 7 } }
    const first = send(own)
    await world.settle()
    ack(socket, socket.sent[0]!.messageId)
    const { messageId } = await first
    expect(await send(own)).toMatchObject({ messageId, replayed: true })
    for (const other of [{}, { ...own, client_ref: 'order-8' }, { ...own, metadata: { order: 8 } }])
      await expect(send(other)).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
    expect(bodies(socket)).toEqual(['hello'])
  })

  it('sends once in twenty requests at the same time; the others are told to wait', async () => {
    const socket = await world.linked()
    const all = Promise.allSettled(Array.from({ length: 20 }, () => once('k')))
    await world.settle()
    ack(socket, socket.sent[0]!.messageId)
    const outcomes = await all
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const outcome of outcomes.slice(1))
      expect(outcome).toMatchObject({
        reason: { code: 'IDEMPOTENCY_IN_FLIGHT', status: 409, retryAfterSeconds: 1 },
      })
    expect(bodies(socket)).toEqual(['hello'])
  })

  it('belongs to one session, and other keys are other sends', async () => {
    const socket = await world.linked()
    const other = await world.linked('s2')
    void once('k', 'one', 0)
    void once('K', 'one', 0)
    void world.commands.send('s2', text(ANA, 'two'), world.clock.now(), 'k')
    await world.settle()
    expect(bodies(socket)).toEqual(['one', 'one'])
    expect(bodies(other)).toEqual(['two'])
  })
})

describe('An idempotency key whose request was refused', () => {
  it('can be used again when nothing was stored', async () => {
    await world.shown()
    await expect(once('k')).rejects.toMatchObject({ code: 'SESSION_NOT_CONNECTED' })
    const socket = await world.openSocket()
    void once('k', 'other', 0)
    await world.settle()
    expect(bodies(socket)).toEqual(['other'])
  })

  it('repeats the refusal of WhatsApp', async () => {
    const socket = await world.linked()
    const first = once('k')
    await world.settle()
    const { messageId } = socket.sent[0]!
    const at = world.clock.now()
    socket.owner.updated({ messageId, status: 'failed', at, code: '463', error: 'Too many: new chats.' })
    const refusal = {
      code: 'WHATSAPP_REJECTED',
      message: 'WhatsApp refused the message (463): Too many: new chats.',
    }
    await expect(first).rejects.toMatchObject(refusal)
    await expect(once('k')).rejects.toMatchObject(refusal)
    expect(bodies(socket)).toEqual(['hello'])
  })
})

describe('A retry with the same idempotency key', () => {
  it('after a crash that followed the commit is answered from the log, and the message goes out under its id once the session opens', async () => {
    await disconnect(await world.linked())
    void once('k', 'hello', 60_000).catch(() => {})
    await world.settle()
    world.kill()
    await world.boot()
    const retry = await once('k')
    expect(retry).toMatchObject({ status: 'queued', replayed: true })
    const socket = await reconnect()
    expect(socket.sent.map(one => one.messageId)).toEqual([retry.messageId])
    ack(socket, retry.messageId)
    await world.settle()
    expect(await once('k')).toMatchObject({ status: 'sent', messageId: retry.messageId })
  })

  it('after a crash before the commit sends the message', async () => {
    await disconnect(await world.linked())
    world.disk.failWrites()
    await expect(once('k')).rejects.toMatchObject({ code: 'STORE_FAILED' })
    world.kill()
    world.disk.repair()
    await world.boot()
    const retry = once('k', 'hello', 0)
    await world.wait(1)
    expect(await retry).not.toHaveProperty('replayed')
    expect(world.stored.messages.unsent(world.entry().actor.streamId)).toHaveLength(1)
  })

  it('after a logout is answered with the last status of the message', async () => {
    const socket = await world.linked()
    void once('k', 'hello', 0)
    await world.settle()
    const { messageId } = socket.sent[0]!
    ack(socket, messageId)
    socket.report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    expect(await once('k')).toMatchObject({ messageId, status: 'sent', replayed: true })
    expect(message(messageId).status).toBe('sent')
  })
})

it('Idempotency keeps no key in memory of sends that are done', async () => {
  const socket = await world.linked()
  socket.onSend = async id => {
    queueMicrotask(() => ack(socket, id))
  }
  await Promise.all(Array.from({ length: 50 }, (_, i) => once(`k${i}`, `body ${i}`)))
  await disconnect(socket)
  await reconnect()
  for (let i = 0; i < 50; i++) expect(await once(`k${i}`, `body ${i}`)).toMatchObject({ replayed: true })
  expect(world.clock.pending()).toBeLessThan(5)
})
