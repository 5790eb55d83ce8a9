import { afterEach, describe, expect, it } from 'vitest'
import { GatewayError } from '../../../src/base/errors.ts'
import { type FakeSocket, incoming, text } from '../fakes.ts'
import { World, type WorldOptions } from '../world.ts'
import { ANA, bodies, EVA, sendingIn } from './sending.ts'

let world: World
afterEach(() => world.end())

const { send, ack, message, facts, disconnect, reconnect } = sendingIn(() => world)

const begin = async (options: WorldOptions = {}) => {
  world = await World.start(options)
  return world.linked()
}
const refuse = async (socket: FakeSocket, messageId: string, code: string, backoff?: number) => {
  const about = { messageId, at: world.clock.now(), code, error: 'Because.', ...(backoff && { backoff }) }
  socket.owner.updated({ ...about, status: 'failed' })
  await world.settle()
}
/** Starts a send that nobody waits for. */
const go = async (to = ANA, body = 'hello') => {
  send(to, body).catch(() => {})
  await world.settle()
}

describe('With SEND_PER_MINUTE, the session', () => {
  it('lets sends above the limit wait in order, and answers 202', async () => {
    const socket = await begin({ sendPerMinute: 6 })
    const sendings = []
    for (let i = 0; i < 4; i++) sendings.push(send(i % 2 ? EVA : ANA, `m${i}`))
    await world.settle()
    expect(bodies(socket)).toEqual(['m0'])
    await world.wait(4000)
    expect((await sendings[1]!).status).toBe('queued')
    await world.wait(5999)
    expect(bodies(socket)).toEqual(['m0'])
    await world.wait(1)
    expect(bodies(socket)).toEqual(['m0', 'm1'])
    await world.wait(20_000)
    expect(bodies(socket)).toEqual(['m0', 'm1', 'm2', 'm3'])
    await Promise.all(sendings)
  })

  it('lets every chat send while another one has many messages', async () => {
    const socket = await begin({ sendPerMinute: 6 })
    for (let i = 0; i < 6; i++) void send(EVA, `e${i}`)
    void send(ANA, 'a')
    await world.wait(20_000)
    // e1 stood in line when a came; e2 gets in line behind it.
    expect(bodies(socket)).toEqual(['e0', 'e1', 'a'])
    await world.wait(40_000)
    expect(bodies(socket)).toHaveLength(7)
  })

  it('keeps a thousand chats in order with few wake-ups', async () => {
    const socket = await begin({ sendPerMinute: 600 })
    const numbers = Array.from({ length: 1000 }, (_, i) => String(34_700_000_000 + i))
    for (const number of numbers) void send(number, number)
    await world.settle()
    expect(bodies(socket)).toEqual(numbers.slice(0, 100))
    await world.wait(90_000)
    expect(bodies(socket)).toEqual(numbers)
  })

  it('neither loses nor doubles waiting sends when the connection is lost', async () => {
    const socket = await begin({ sendPerMinute: 6 })
    for (let i = 0; i < 3; i++) void send(ANA, `m${i}`)
    await world.settle()
    ack(socket, socket.sent[0]!.messageId)
    await disconnect(socket)
    const next = await reconnect()
    await world.wait(30_000)
    expect([...bodies(socket), ...bodies(next)]).toEqual(['m0', 'm1', 'm2'])
  })

  it('fails sends that wait longer than SEND_MAX_AGE_MS, without spending the limit on them', async () => {
    const socket = await begin({ sendPerMinute: 1, sendMaxAgeMs: 90_000 })
    for (let i = 0; i < 5; i++) void send(ANA, `m${i}`)
    await world.settle()
    ack(socket, socket.sent[0]!.messageId)
    await world.wait(60_000)
    ack(socket, socket.sent[1]!.messageId)
    await world.wait(120_000)
    expect(bodies(socket)).toEqual(['m0', 'm1'])
    expect(world.stored.messages.unsent(world.entry().actor.streamId)).toEqual([])
    void send(ANA, 'fresh')
    await world.settle()
    expect(bodies(socket).at(-1)).toBe('fresh')
  })
})

describe('A message that WhatsApp refuses with 429', () => {
  it('is sent again later under the same id instead of failing', async () => {
    const socket = await begin()
    const sending = send()
    await world.settle()
    const { messageId } = socket.sent[0]!
    await refuse(socket, messageId, '429')
    await world.wait(4000)
    expect(await sending).toMatchObject({ messageId, status: 'queued' })
    expect(socket.sent).toHaveLength(1)
    await world.wait(66_000)
    expect(socket.sent.map(one => one.messageId)).toEqual([messageId, messageId])
    ack(socket, messageId)
    await world.settle()
    expect(message(messageId)).toMatchObject({ status: 'sent', error: null })
    expect(facts(messageId)).toEqual(['queued', 'transmitted', 'transmitted', 'sent'])
  })

  it('is sent before later messages of its chat, and the whole session slows down', async () => {
    const socket = await begin({ sendPerMinute: 60 })
    void send(ANA, 'first')
    await world.settle()
    await refuse(socket, socket.sent[0]!.messageId, '429')
    void send(ANA, 'second')
    void send(EVA, 'other')
    await world.wait(4999)
    expect(bodies(socket)).toEqual(['first'])
    await world.wait(5 * 60_000)
    expect(bodies(socket).slice(1).sort()).toEqual(['first', 'other', 'second'])
    expect(bodies(socket).lastIndexOf('first')).toBeLessThan(bodies(socket).indexOf('second'))
  })

  it('keeps its place in order when several messages are refused', async () => {
    const socket = await begin()
    for (let i = 0; i < 5; i++) void send(ANA, `m${i}`)
    await world.settle()
    const ids = socket.sent.map(one => one.messageId)
    for (const id of [ids[3]!, ids[1]!, ids[2]!]) await refuse(socket, id, '429')
    void send(ANA, 'last')
    await world.wait(5 * 60_000)
    expect(bodies(socket).slice(5)).toEqual(['m1', 'm2', 'm3', 'last'])
  })

  it('may be refused any number of times, and fails with 429 once it is too old', async () => {
    const socket = await begin({ sendMaxAgeMs: 600_000 })
    void send()
    await world.settle()
    const { messageId } = socket.sent[0]!
    for (let i = 0; i < 40; i++) {
      const before = socket.sent.length
      await refuse(socket, messageId, '429')
      for (let waited = 0; waited < 20 && socket.sent.length === before; waited++) await world.wait(10_000)
    }
    expect(socket.sent.length).toBeGreaterThan(5)
    expect(message(messageId)).toMatchObject({ status: 'failed', error: '429: Because.' })
  })

  it('is sent again by the next connection', async () => {
    const socket = await begin()
    void send()
    await world.settle()
    const { messageId } = socket.sent[0]!
    await refuse(socket, messageId, '429')
    await disconnect(socket)
    const next = await reconnect()
    await world.wait(66_000)
    expect(next.sent.map(one => one.messageId)).toEqual([messageId])
  })

  it('is failed by the reaper when no connection comes', async () => {
    const socket = await begin({ sendMaxAgeMs: 60_000 })
    void send()
    await world.settle()
    const { messageId } = socket.sent[0]!
    await refuse(socket, messageId, '429')
    await disconnect(socket)
    await world.wait(10 * 60_000)
    expect(message(messageId)).toMatchObject({ status: 'failed', error: '429: Because.' })
  })

  it('harms nothing when the store fails at that moment', async () => {
    const socket = await begin()
    await go()
    world.disk.failWrites()
    await refuse(socket, socket.sent[0]!.messageId, '429')
    world.disk.repair()
    await world.wait(10_000)
    const next = await world.openSocket()
    await world.wait(70_000)
    expect(next.sent.map(one => one.messageId)).toEqual([socket.sent[0]!.messageId])
  })

  it('is sent again only once when the refusal comes before the write returns', async () => {
    const socket = await begin()
    const written = Promise.withResolvers<void>()
    socket.onSend = () => written.promise
    void send()
    await world.settle()
    const { messageId } = socket.sent[0]!
    await refuse(socket, messageId, '429')
    written.resolve()
    await world.wait(66_000)
    expect(socket.sent.map(one => one.messageId)).toEqual([messageId, messageId])
  })
})

describe('After a restart of the process, the session', () => {
  it('still pauses sends to people the account never wrote with', async () => {
    const socket = await begin()
    void send().catch(() => {})
    await world.settle()
    await refuse(socket, socket.sent[0]!.messageId, '463')
    await world.wait(10 * 60_000)
    world.kill()
    await world.boot()
    await world.openSocket()
    const refused = { code: 'NEW_CHATS_PAUSED', retryAfterSeconds: 3000 }
    await expect(send(EVA)).rejects.toMatchObject(refused)
    await world.wait(50 * 60_000)
    await go(EVA)
    expect(bodies(world.whatsapp.socketOf('s1')).at(-1)).toBe('hello')
  })

  it.each(['429', '503'])('still sends nothing for as long as WhatsApp said with its %s', async code => {
    const socket = await begin({ sendPerMinute: 60 })
    void send()
    await world.settle()
    const { messageId } = socket.sent[0]!
    await refuse(socket, messageId, code, 120_000)
    world.kill()
    await world.boot()
    const next = await world.openSocket()
    void send(EVA)
    await world.wait(110_000)
    expect(next.sent).toEqual([])
    await world.wait(130_000)
    expect(bodies(next)).toHaveLength(2)
    expect(next.sent.map(one => one.messageId)).toContain(messageId)
  })

  it('still sends at half the pace, and under the id that WhatsApp refused', async () => {
    const socket = await begin({ sendPerMinute: 60 })
    for (let i = 0; i < 10; i++) await go(ANA, `m${i}`)
    const { messageId } = socket.sent.at(-1)!
    await refuse(socket, messageId, '429')
    expect(world.factTypes()).toContain('sends.slowed')
    world.kill()
    await world.boot()
    const next = await world.openSocket()
    expect(bodies(next)).toEqual([])
    await world.wait(65_000)
    expect(bodies(next)).toEqual(['m0', 'm1', 'm2', 'm3', 'm4'])
    await world.wait(60_000)
    expect(next.sent.at(-1)!.messageId).toBe(messageId)
  })
})

describe('When WhatsApp refuses a message with 463, the session', () => {
  it('fails the message for good and pauses sends to new chats, storing nothing of them', async () => {
    const socket = await begin()
    const sending = send()
    sending.catch(() => {})
    await world.settle()
    await refuse(socket, socket.sent[0]!.messageId, '463')
    await expect(sending).rejects.toMatchObject({ code: 'WHATSAPP_REJECTED', status: 422 })
    const before = world.rows().length
    await expect(send(EVA)).rejects.toMatchObject({
      code: 'NEW_CHATS_PAUSED',
      status: 429,
      retryAfterSeconds: 3600,
    })
    await expect(send(ANA)).rejects.toMatchObject({ code: 'NEW_CHATS_PAUSED' })
    expect(world.rows()).toHaveLength(before)
    await world.wait(60 * 60_000)
    await go(EVA)
    expect(socket.sent).toHaveLength(2)
  })

  it('still sends to groups, to people who wrote and to people already written to', async () => {
    const socket = await begin()
    void send(EVA)
    await world.settle()
    ack(socket, socket.sent[0]!.messageId)
    await socket.owner.received([incoming('A', ANA)])
    const stranger = '34633333333'
    void send(stranger).catch(() => {})
    await world.settle()
    await refuse(socket, socket.sent[1]!.messageId, '463')
    for (const to of [EVA, ANA]) void send(to, `to ${to}`)
    const group = { ...text(ANA, 'to all'), to: '120363000000000001@g.us' }
    void world.commands.send('s1', group, world.clock.now() + 4000)
    await world.settle()
    expect(bodies(socket).slice(2).sort()).toEqual([`to ${ANA}`, `to ${EVA}`, 'to all'].sort())
    await expect(send(stranger)).rejects.toMatchObject({ code: 'NEW_CHATS_PAUSED' })
  })

  it('recognizes a person who wrote under the other address (phone number or LID)', async () => {
    const socket = await begin()
    socket.chats.lookup = async phone => ({
      exists: true,
      jid: `${phone}@s.whatsapp.net`,
      lid: phone === EVA ? '77@lid' : null,
    })
    const lid = incoming('A', EVA, { chat_id: '77@lid' })
    await socket.owner.received([{ ...lid, dedupeKey: '77@lid||0|A' }])
    void send(ANA).catch(() => {})
    await world.settle()
    await refuse(socket, socket.sent[0]!.messageId, '463')
    await go(EVA, 'an answer')
    expect(bodies(socket)).toEqual(['hello', 'an answer'])
    socket.chats.lookup = () => Promise.reject(new Error('gone'))
    await expect(send(EVA)).rejects.toMatchObject({ code: 'NEW_CHATS_PAUSED' })
  })

  it('fails waiting sends to new people', async () => {
    const socket = await begin({ sendPerMinute: 6 })
    void send(ANA).catch(() => {})
    await world.settle()
    const waiting = send(EVA, 'hello', 60_000)
    waiting.catch(() => {})
    await world.settle()
    await refuse(socket, socket.sent[0]!.messageId, '463')
    await world.wait(10_000)
    await expect(waiting).rejects.toMatchObject({ code: 'NEW_CHATS_PAUSED', status: 429 })
    expect(socket.sent).toHaveLength(1)
  })
  it('keeps a waiting answer while WhatsApp does not say that its number is somebody who wrote', async () => {
    const socket = await begin({ sendPerMinute: 6 })
    const lid = incoming('A', EVA, { chat_id: '77@lid' })
    await socket.owner.received([{ ...lid, dedupeKey: '77@lid||0|A' }])
    await go(ANA)
    for (const body of ['an answer', 'and more']) await go(EVA, body)
    let silent = true
    socket.chats.lookup = async phone => {
      if (silent)
        throw new GatewayError('SESSION_NOT_CONNECTED', 'WhatsApp did not answer.', { retryable: true })
      return { exists: true, jid: `${phone}@s.whatsapp.net`, lid: '77@lid' }
    }
    await refuse(socket, socket.sent[0]!.messageId, '463')
    await world.wait(60_000)
    expect(bodies(socket)).toEqual(['hello'])
    silent = false
    await world.wait(30_000)
    expect(bodies(socket)).toEqual(['hello', 'an answer', 'and more'])
  })
})
