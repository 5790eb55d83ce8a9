import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GatewayError } from '../../../src/base/errors.ts'
import type { Person } from '../../../src/messages/person.ts'
import type { SendContent } from '../../../src/messages/send.ts'
import { type FakeSocket, text } from '../fakes.ts'
import { opened, World } from '../world.ts'
import { ANA, bodies, EVA, sendingIn } from './sending.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())

const { send, ack, message, disconnect, reconnect } = sendingIn(() => world)

const go = async (sending: Promise<unknown>) => {
  sending.catch(() => {})
  await world.settle()
}
const tooFast = async (socket: FakeSocket, messageId: string) => {
  socket.owner.updated({ messageId, status: 'failed', at: world.clock.now(), code: '429', error: 'Slow.' })
  await world.settle()
}
const sendThis = (content: SendContent) => world.commands.send('s1', content, world.clock.now() + 4000)

describe('In one chat', () => {
  it('nothing overtakes what was accepted just before the session took up its sends', async () => {
    await disconnect(await world.linked())
    await world.waitForRetry()
    const socket = world.whatsapp.socketOf('s1')
    world.disk.holdWrites()
    socket.report(opened)
    world.disk.releaseWrites()
    world.disk.holdWrites()
    void send(ANA, 'first')
    await world.settle()
    void send(ANA, 'second')
    await world.settle()
    world.disk.releaseWrites()
    await world.settle()
    expect(bodies(socket)).toEqual(['first', 'second'])
  })

  it('what changes a message goes after it, in the order in which it was asked for', async () => {
    await disconnect(await world.linked())
    await go(send(ANA, 'words'))
    const id = String(world.rows().findLast(({ type }) => type === 'message.queued')!.data.messageId)
    const about = { to: `${ANA}@s.whatsapp.net`, reply_to: id }
    for (const content of [
      { ...text(ANA, 'a reply'), reply_to: id },
      { type: 'reaction', body: '👍', ...about },
      { type: 'edit', body: 'other words', ...about },
      { type: 'reaction', body: '', ...about },
      { type: 'delete', ...about },
    ] as const)
      await go(sendThis(content))
    world.kill()
    await world.boot()
    await world.waitForRetry()
    const next = await world.openSocket()
    expect(next.sent.map(({ content }) => content.type)).toEqual([
      ...['text', 'text', 'reaction', 'edit', 'reaction', 'delete'],
    ])
    expect(bodies(next)[4]).toBe('')
  })

  it('what is for a person by number and by LID keeps its order once both are known as one, also across a restart', async () => {
    const socket = await world.linked()
    const [number, lid] = [`${ANA}@s.whatsapp.net`, '77@lid']
    const written = new Map<string, () => void>()
    socket.onSend = id => new Promise(resolve => void written.set(id, resolve))
    for (const [n, to] of [number, lid, number, lid].entries())
      await go(sendThis({ ...text(ANA, `${n}`), to }))
    // Two chats until now, and one send of each is on its way.
    expect(bodies(socket)).toEqual(['0', '1'])
    const ana: Person = { chatId: lid, lid, number, username: null, names: [lid, number], learntAt: 1 }
    const { streamId, epoch } = world.entry().actor
    await world.store.commit({ streamId, epoch, people: [ana] })
    await go(send(ANA, '4'))
    written.get(socket.sent[1]!.messageId)!()
    await world.settle()
    expect(bodies(socket)).toEqual(['0', '1'])
    written.get(socket.sent[0]!.messageId)!()
    await world.settle()
    expect(bodies(socket)).toEqual(['0', '1', '2'])
    world.kill()
    await world.boot()
    expect(bodies(await world.openSocket())).toEqual(['0', '1', '2', '3', '4'])
  })

  it('a number that WhatsApp does not answer for holds up what follows, and fails nothing', async () => {
    const socket = await world.linked()
    let unanswered = 3
    socket.onSend = async () => {
      if (unanswered-- > 0)
        throw new GatewayError('SESSION_NOT_CONNECTED', 'WhatsApp did not answer.', { retryable: true })
    }
    await go(send(ANA, 'first'))
    await go(send(ANA, 'second'))
    await go(send(EVA, 'another chat'))
    await world.wait(30_000)
    expect(new Set(bodies(socket).slice(0, -1))).toEqual(new Set(['first', 'another chat']))
    expect([bodies(socket).at(-1), socket.sent.length]).toEqual(['second', 6])
  })

  it('what WhatsApp refuses for its pace goes before what failed to leave meanwhile', async () => {
    const socket = await world.linked()
    await go(send(ANA, 'first'))
    socket.onSend = async () => {
      throw new GatewayError('SESSION_NOT_CONNECTED', 'Busy.', { retryable: true })
    }
    await go(send(ANA, 'second'))
    await tooFast(socket, socket.sent[0]!.messageId)
    socket.onSend = async () => {}
    await world.wait(5 * 60_000)
    expect(bodies(socket)).toEqual(['first', 'second', 'first', 'second'])
  })
})

describe('A send that WhatsApp said it has', () => {
  it('does not leave again, though it seemed not to have left', async () => {
    const socket = await world.linked()
    socket.onSend = async id => {
      ack(socket, id)
      throw new GatewayError('SESSION_NOT_CONNECTED', 'It took too long.', { retryable: true })
    }
    await go(send(ANA, 'first'))
    await go(send(ANA, 'second'))
    await world.wait(30_000)
    expect(bodies(socket)).toEqual(['first', 'second'])
  })

  it('does not leave again if a receipt says so while it waits for its turn', async () => {
    await world.end()
    world = await World.start({ sendPerMinute: 1 })
    const socket = await world.linked()
    for (const body of ['first', 'second']) await go(send(ANA, body))
    await disconnect(socket)
    const next = await reconnect()
    next.owner.updated({ messageId: socket.sent[0]!.messageId, status: 'delivered', at: world.clock.now() })
    await world.settle()
    await world.wait(3 * 60_000)
    expect(bodies(next)).toEqual(['second'])
  })

  it('does not leave again on a connection that came before its ack was written down', async () => {
    const socket = await world.linked()
    await go(send(ANA, 'first'))
    await world.wait(4000)
    await disconnect(socket)
    await world.waitForRetry()
    const next = world.whatsapp.socketOf('s1')
    next.report(opened)
    ack(next, socket.sent[0]!.messageId)
    await world.settle()
    expect(bodies(next)).toEqual([])
  })
})

describe('A send that WhatsApp refused for its pace', () => {
  it('still goes out after more refusals and restarts than a send without an ack has tries', async () => {
    let socket = await world.linked()
    await go(send(ANA, 'first'))
    const { messageId } = socket.sent[0]!
    for (let n = 0; n < 4; n++) {
      await tooFast(socket, messageId)
      await world.wait(5000)
      const before = socket.sent.length
      for (let waited = 0; socket.sent.length === before && waited < 10; waited++) await world.wait(30_000)
      expect(socket.sent).toHaveLength(2)
      await tooFast(socket, messageId)
      await world.wait(5000)
      world.kill()
      await world.boot()
      socket = await world.openSocket()
      for (let waited = 0; socket.sent.length === 0 && waited < 10; waited++) await world.wait(30_000)
    }
    expect(socket.sent.map(one => one.messageId)).toEqual([messageId])
    ack(socket, messageId)
    await world.settle()
    expect(message(messageId).status).toBe('sent')
  })

  it('is unknown, not refused, if it left once more and was never acked', async () => {
    await world.end()
    world = await World.start({ sendMaxAgeMs: 10 * 60_000 })
    const socket = await world.linked()
    await go(send(ANA, 'first'))
    const { messageId } = socket.sent[0]!
    await tooFast(socket, messageId)
    await world.wait(2 * 60_000)
    expect(socket.sent).toHaveLength(2)
    await world.wait(10 * 60_000)
    expect(message(messageId).status).toBe('unknown')
  })
})
