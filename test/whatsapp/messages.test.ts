import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { SendContent } from '../../src/messages/send.ts'
import { createWorld, type Owner, WAIT, type World } from './world.ts'

let world: World
let owner: Owner
beforeAll(async () => {
  world = await createWorld()
  owner = await world.linked('34600000001')
  await owner.opened()
})
afterEach(() => {
  expect(world.sim.ledger.unanswered).toEqual([])
  expect(world.sim.ledger.errors).toEqual([])
})
afterAll(() => world.close())

const text = (to: string, body: string): SendContent => ({ type: 'text', to, body, reply_to: null })
const newId = () => world.whatsApp.newMessageId()

describe('a message that arrives', () => {
  it('is handed over once, by number and by LID, and its inbox row is done', async () => {
    const ana = world.sim.contact('34611000001', { name: 'Ana' })
    const lid = ana.account.lidJid
    const { id } = await ana.say('34600000001', 'by number', { addressing: 'pn' })
    expect(await owner.texts(1)).toEqual(['by number'])
    await ana.say('34600000001', 'by LID', { addressing: 'lid' })
    expect(await owner.texts(2)).toEqual(['by number', 'by LID'])
    const [first, second] = owner.received_
    expect(first!.dedupeKey).toBe(`${lid}||0|${id}`)
    expect(first!.message).toMatchObject({
      message_id: id,
      from: '34611000001',
      from_lid: lid,
      chat_id: lid,
      push_name: 'Ana',
      offline: false,
    })
    expect(second!.message).toMatchObject({ from: '34611000001', from_lid: lid, chat_id: lid })
    expect(first!.inboxHash).toMatch(/^[0-9a-f]{64}$/)
    await vi.waitFor(async () => expect(await owner.unfinished()).toBe(0), WAIT)
  })

  it('from somebody never seen before is handed over', async () => {
    const before = owner.received_.length
    const stranger = world.sim.contact('34611000002')
    await stranger.say('34600000001', 'hello?', { addressing: 'lid' })
    expect((await owner.texts(before + 1)).at(-1)).toBe('hello?')
  })

  it('while the session was away is handed over as an offline one, in order', async () => {
    const ana = world.sim.contact('34611000001')
    await owner.socket!.end()
    const before = owner.received_.length
    for (let i = 0; i < 5; i++) await ana.say('34600000001', `away ${i}`)
    await owner.opened()
    expect((await owner.texts(before + 5)).slice(before)).toEqual([0, 1, 2, 3, 4].map(i => `away ${i}`))
    expect(owner.received_.slice(before).every(({ message }) => message.offline)).toBe(true)
  })

  it('that no person wrote is not handed over, and its inbox row is done', async () => {
    const ana = world.sim.contact('34611000001')
    const before = owner.received_.length
    await ana.say('34600000001', { protocolMessage: { type: 3, ephemeralExpiration: 60 } })
    await ana.say('34600000001', 'after the setting')
    expect((await owner.texts(before + 1)).slice(before)).toEqual(['after the setting'])
    await vi.waitFor(async () => expect(await owner.unfinished()).toBe(0), WAIT)
  })

  it('that the own phone wrote is not handed over, from a chat or a group, and its inbox row is done', async () => {
    const ana = world.sim.contact('34611000001')
    const phone = world.sim.phone('34600000001').contact
    const group = world.sim.group('ours', ['34600000001', ana.pn])
    const before = owner.received_.length
    const { id } = await phone.say(ana.pn, 'from the phone')
    const inGroup = await phone.say(group.jid, 'from the phone')
    await ana.say(group.jid, 'after the phone')
    expect((await owner.texts(before + 1)).slice(before)).toEqual(['after the phone'])
    const acknowledged = () => world.sim.ledger.acknowledged.map(entry => entry.id)
    await vi.waitFor(() => expect(acknowledged()).toEqual(expect.arrayContaining([id, inGroup.id])), WAIT)
    await vi.waitFor(async () => expect(await owner.unfinished()).toBe(0), WAIT)
  })

  it('that cannot be decrypted is asked for again and handed over once', async () => {
    const ana = world.sim.contact('34611000001')
    const before = owner.received_.length
    // Our side of the Signal session is lost, as after a restored backup.
    const keys = [`${ana.account.lidJid.split('@')[0]}_1.0`].map(id => ({ type: 'session', id, value: null }))
    await ana.say('34600000001', 'warm up')
    await owner.texts(before + 1)
    await owner.socket!.end()
    await world.store.commit({ streamId: owner.streamId, epoch: 1, keys })
    await owner.opened()
    await ana.say('34600000001', 'again please')
    expect((await owner.texts(before + 2)).slice(before)).toEqual(['warm up', 'again please'])
    await vi.waitFor(async () => expect(await owner.unfinished()).toBe(0), WAIT)
  })
})

describe('a message that is sent', () => {
  it('is decrypted by its recipient under the given id; sent, delivered and read are reported', async () => {
    const bea = world.sim.contact('34611000003')
    const id = newId()
    await owner.socket!.send(id, text('34611000003@s.whatsapp.net', 'see https://example.test/'))
    expect(await bea.next()).toMatchObject({ id, text: 'see https://example.test/' })
    expect(await owner.update(id, 'sent')).toMatchObject({ messageId: id })
    await owner.update(id, 'delivered')
    bea.read(id)
    const read = await owner.update(id, 'read')
    expect(Math.abs(read.at - Date.now())).toBeLessThan(60_000)
  })

  it('to a LID that wrote first reaches it', async () => {
    const cleo = world.sim.contact('34611000004')
    await cleo.say('34600000001', 'hi', { addressing: 'lid' })
    await vi.waitFor(() => expect(owner.received_.at(-1)?.message.body).toBe('hi'), WAIT)
    const { chat_id } = owner.received_.at(-1)!.message
    const id = newId()
    await owner.socket!.send(id, text(chat_id, 'hi back'))
    expect(await cleo.next()).toMatchObject({ id, text: 'hi back' })
  })

  it('and that WhatsApp refuses is reported as failed, with the code and a sentence', async () => {
    const id = newId()
    world.sim.errorAck('34600000001', 463)
    await owner.socket!.send(id, text('34611000003@s.whatsapp.net', 'no'))
    expect(await owner.update(id, 'failed')).toMatchObject({
      code: '463',
      error: expect.stringMatching(/new chats/),
    })
    expect(owner.updates.some(update => update.messageId === id && update.status === 'sent')).toBe(false)
  })

  it('and that WhatsApp refuses with a time to wait is reported with it, as is what leaves too early', async () => {
    const [id, early] = [newId(), newId()]
    world.sim.errorAck('34600000001', 503, 1, 2)
    await owner.socket!.send(id, text('34611000003@s.whatsapp.net', 'wait'))
    expect(await owner.update(id, 'failed')).toMatchObject({ code: '503', backoff: 2000 })
    await owner.socket!.send(early, text('34611000003@s.whatsapp.net', 'too early'))
    expect(await owner.update(early, 'failed')).toMatchObject({ code: '503', backoff: expect.any(Number) })
    await vi.waitFor(async () => {
      const last = newId()
      await owner.socket!.send(last, text('34611000003@s.whatsapp.net', 'waited'))
      await vi.waitFor(() =>
        expect(owner.updates).toContainEqual(expect.objectContaining({ messageId: last })),
      )
      expect(owner.updates.findLast(one => one.messageId === last)?.status).not.toBe('failed')
    }, WAIT)
  })

  it('and that WhatsApp refuses for a stale session is sent once more under the same id', async () => {
    const bea = world.sim.contact('34611000003')
    const id = newId()
    world.sim.errorAck('34600000001', 479)
    await owner.socket!.send(id, text('34611000003@s.whatsapp.net', 'once more'))
    await owner.update(id, 'sent')
    await vi.waitFor(() => expect(bea.inbox.filter(message => message.id === id)).toHaveLength(1), WAIT)
    expect(owner.updates.filter(update => update.messageId === id && update.status === 'failed')).toEqual([])
    const twice = newId()
    world.sim.errorAck('34600000001', 479, 2)
    await owner.socket!.send(twice, text('34611000003@s.whatsapp.net', 'never'))
    expect(await owner.update(twice, 'failed')).toMatchObject({ code: '479' })
  })

  it('is encrypted again from the store when the recipient has lost its session', async () => {
    const dora = world.sim.contact('34611000005')
    const jid = '34611000005@s.whatsapp.net'
    await owner.socket!.send(newId(), text(jid, 'first'))
    await dora.next()
    await dora.forgetSessions('34600000001')
    const id = newId()
    await owner.socket!.send(id, text(jid, 'second'))
    await vi.waitFor(() => expect(dora.inbox.map(message => message.text)).toEqual(['first', 'second']), WAIT)
    expect(dora.inbox[1]!.id).toBe(id)
  })

  it('before the session is open is rejected with a retryable error', async () => {
    const early = await world.linked('34600000009')
    const socket = await early.open()
    await expect(socket.send(newId(), text('34611000003@s.whatsapp.net', 'early'))).rejects.toMatchObject({
      code: 'SESSION_NOT_CONNECTED',
      retryable: true,
    })
    await early.fact('socket.opened')
  })
})

describe('a session and one contact', () => {
  it('decrypt 200 messages each way at once, none of them twice', async () => {
    const eva = world.sim.contact('34611000006')
    const before = owner.received_.length
    const undecryptable = world.sim.ledger.undecryptable.length
    const bodies = Array.from({ length: 200 }, (_, i) => `m${i}`)
    const ids = bodies.map(() => newId())
    const queue = bodies.entries()
    const sender = async () => {
      for (const [i, body] of queue) await owner.socket!.send(ids[i]!, text(eva.account.jid, body))
    }
    const sayer = async () => {
      for (const [i, body] of bodies.entries()) {
        await eva.say('34600000001', body, { addressing: i % 2 ? 'lid' : 'pn' })
      }
    }
    await Promise.all([sayer(), ...Array.from({ length: 8 }, sender)])
    await owner.texts(before + 200, 60_000)
    await vi.waitFor(() => expect(eva.inbox.length).toBeGreaterThanOrEqual(200), WAIT)
    const told = owner.received_.slice(before).map(({ message }) => message)
    expect(told.map(({ body }) => body)).toEqual(bodies)
    expect(told).toHaveLength(200)
    expect(eva.inbox.map(message => message.id).sort()).toEqual([...ids].sort())
    expect(world.sim.ledger.undecryptable.length).toBe(undecryptable)
    await vi.waitFor(async () => expect(await owner.unfinished()).toBe(0), WAIT)
  }, 90_000)
})
