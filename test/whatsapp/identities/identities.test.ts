import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SendContent } from '../../../src/messages/send.ts'
import type { WhatsAppSocket } from '../../../src/ports/whatsapp.ts'
import { createWorld, type Owner, WAIT, type World } from '../world.ts'

let world: World
let owner: Owner
let socket: WhatsAppSocket
let shop: string
let count = 0

const BRAZIL = '551187654321'
const BRAZIL_DIALLED = '5511987654321'

beforeAll(async () => {
  world = await createWorld({ inboundFromMe: true })
  world.sim.contact(BRAZIL, { name: 'Maria' })
})
afterAll(() => world.close())
beforeEach(async () => {
  shop = fresh()
  owner = await world.linked(shop)
  socket = await owner.opened()
})

/** A number that nobody had before. */
const fresh = () => `34600000${String(++count).padStart(3, '0')}`
const text = (to: string, body: string): SendContent => ({ type: 'text', to, body, reply_to: null })
const pn = (digits: string) => `${digits}@s.whatsapp.net`
const newId = () => world.whatsApp.newMessageId()
const personOf = (name: string) => world.store.people.find(owner.streamId, name)
const textsOf = (number: string) => world.sim.contact(number).inbox.map(message => message.text)
const chats = async (expected: number) => {
  await owner.texts(expected)
  return owner.received_.map(({ message }) => message.chat_id)
}

describe('a number', () => {
  it.each([
    ['Brazil', BRAZIL_DIALLED, BRAZIL],
    ['Brazil, the other way round', '552187650001', '5521987650001'],
    ['Mexico', '5215512345678', '525512345678'],
    ['Argentina', '541123456789', '5491123456789'],
  ])('of %s is reached as WhatsApp spells it', async (_, dialled, canonical) => {
    const maria = world.sim.contact(canonical)
    expect(await socket.chats.lookup(dialled)).toEqual({
      exists: true,
      jid: pn(canonical),
      lid: maria.account.lidJid,
    })
    const id = newId()
    await socket.send(id, text(pn(dialled), dialled))
    await owner.update(id, 'sent')
    await vi.waitFor(() => expect(textsOf(canonical)).toContain(dialled), WAIT)
    expect(await personOf(pn(dialled))).toMatchObject({ chatId: maria.account.lidJid, number: pn(canonical) })
  })

  it('that nobody has is refused, and asked for again by another session', async () => {
    const phone = fresh()
    const refused = socket.send(newId(), text(pn(phone), 'hello'))
    // Callers log what they are told.
    const message = expect.not.stringContaining(phone)
    await expect(refused).rejects.toMatchObject({ code: 'NOT_ON_WHATSAPP', message })
    world.sim.contact(phone)
    expect(await socket.chats.lookup(phone)).toMatchObject({ exists: false })
    const other = await world.linked(fresh())
    expect(await (await other.opened()).chats.lookup(phone)).toMatchObject({ exists: true })
  })

  it('of which WhatsApp does not speak is not taken for one that nobody has', async () => {
    const phone = fresh()
    world.sim.contact(phone)
    for (const fault of [{ error: '500' }, { error: '404' }, 'omitted'] as const) {
      world.sim.failQuery(shop, fault)
      await expect(socket.chats.lookup(phone)).rejects.toMatchObject({
        code: 'WHATSAPP_UNANSWERED',
        message: expect.not.stringContaining(phone),
        status: 504,
        retryable: true,
      })
    }
    world.sim.failQuery(shop, { error: '429' })
    await expect(socket.send(newId(), text(pn(phone), 'hello'))).rejects.toMatchObject({ retryable: true })
    await socket.send(newId(), text(pn(phone), 'hello'))
    await vi.waitFor(() => expect(textsOf(phone)).toEqual(['hello']), WAIT)
  })

  it('for which no answer comes at all is given up after 10 s, and asked for again', async () => {
    const phone = fresh()
    world.sim.contact(phone)
    world.sim.failQuery(shop, 'unanswered')
    await expect(socket.chats.lookup(phone)).rejects.toMatchObject({ code: 'WHATSAPP_UNANSWERED' })
    expect(await socket.chats.lookup(phone)).toMatchObject({ exists: true, jid: pn(phone) })
  })
})

describe('a person', () => {
  it('is one chat by number and by LID, whoever of the two writes', async () => {
    const ana = world.sim.contact(fresh())
    await ana.say(shop, 'by number')
    await ana.say(shop, 'by lid', { addressing: 'lid' })
    await world.sim.phone(shop).contact.say(ana.pn, 'own by number')
    await world.sim.phone(shop).contact.say(ana.pn, 'own by lid', { addressing: 'lid' })
    expect(new Set(await chats(4))).toEqual(new Set([ana.account.lidJid]))
    const theirs = owner.received_.filter(({ message }) => !message.from_me)
    expect(theirs.map(({ message }) => message.from)).toEqual([ana.pn, ana.pn])
    expect(await personOf(pn(ana.pn))).toMatchObject({ lid: ana.account.lidJid, number: pn(ana.pn) })
  })

  it('without a number is a chat by LID, and answered there', async () => {
    const ana = world.sim.contact(fresh())
    Object.assign(ana.account, { hidesNumber: true, username: 'ana' })
    const lid = ana.account.lidJid
    await ana.say(shop, 'hello', { addressing: 'lid' })
    await owner.texts(1)
    const { message } = owner.received_[0]!
    expect(message).toMatchObject({ chat_id: lid, from: null, from_lid: lid, username: 'ana' })
    await socket.send(newId(), text(lid, 'hello yourself'))
    await vi.waitFor(() => expect(textsOf(ana.pn)).toEqual(['hello yourself']), WAIT)
  })

  it('keeps the chat under a new number and LID, told by a notification alone', async () => {
    const ana = world.sim.contact(fresh())
    await ana.say(shop, 'old number')
    const [chat] = await chats(1)
    const [before, after] = [ana.pn, fresh()]
    world.sim.changeNumber(before, after, { lid: true })
    await vi.waitFor(
      async () => expect(await personOf(pn(before))).toMatchObject({ number: pn(after) }),
      WAIT,
    )
    for (const name of [pn(before), chat!, pn(after)]) await socket.send(newId(), text(name, name))
    await vi.waitFor(() => expect(textsOf(after)).toEqual([pn(before), chat, pn(after)]), WAIT)
    await ana.say(shop, 'new number')
    await ana.say(shop, 'new lid', { addressing: 'lid' })
    expect(await chats(3)).toEqual([chat, chat, chat])
    expect(owner.received_.at(-1)!.message).toMatchObject({ from: after, from_lid: ana.account.lidJid })
  })

  it('is learnt from what is said in a group', async () => {
    const ana = world.sim.contact(fresh())
    ana.account.username = 'ana.g'
    const group = world.sim.group('Team', [shop, ana.pn])
    await ana.say(group.jid, 'to all')
    await owner.texts(1)
    const { message } = owner.received_[0]!
    expect(message).toMatchObject({ chat_id: group.jid, username: 'ana.g', from: ana.pn })
    expect(await personOf(pn(ana.pn))).toMatchObject({ chatId: ana.account.lidJid, username: 'ana.g' })
  })

  it('is asked for again when WhatsApp says that the LID has changed', async () => {
    const ana = world.sim.contact(fresh())
    await ana.say(shop, 'hello')
    const [chat] = await chats(1)
    const send = async () => {
      const id = newId()
      await socket.send(id, text(chat!, id))
      await owner.update(id, 'sent')
    }
    // Baileys now knows the devices for minutes, and asks for no LID beside them.
    await send()
    world.sim.changeLid(ana.pn)
    await send()
    await vi.waitFor(
      async () => expect(await personOf(chat!)).toMatchObject({ lid: ana.account.lidJid }),
      WAIT,
    )
    await ana.say(shop, 'yes', { addressing: 'lid' })
    expect(await chats(2)).toEqual([chat, chat])
  })

  it('is the same after a restart', async () => {
    await socket.chats.lookup(BRAZIL_DIALLED)
    await socket.end()
    await world.giveAway()
    await world.takeBack()
    expect(await personOf(pn(BRAZIL_DIALLED))).toMatchObject({ number: pn(BRAZIL) })
  })
})

describe('what is sent', () => {
  /** Where each message of a session went, and what stood beside it. */
  const stanzas: { id: string | undefined; to: string | undefined; number: string | undefined }[] = []
  const sentTo = async (name: string) => {
    const id = newId()
    const from = stanzas.length
    await socket.send(id, text(name, id))
    await owner.update(id, 'sent')
    return stanzas.slice(from).filter(one => one.id === id)
  }
  beforeAll(() => {
    world.sim.on('sent', sent => stanzas.push(sent))
  })

  it('goes to the number until the phone says that chats are by LID, from then on to the LID', async () => {
    const ana = world.sim.contact(fresh())
    await ana.say(shop, 'hello')
    const [chat] = await chats(1)
    expect(await sentTo(chat!)).toMatchObject([{ to: pn(ana.pn), number: undefined }])
    await world.sim.phone(shop).migrate()
    await vi.waitFor(
      async () => expect(await sentTo(pn(ana.pn))).toMatchObject([{ to: chat, number: pn(ana.pn) }]),
      WAIT,
    )
    await socket.end()
    socket = await owner.opened()
    expect(await sentTo(chat!)).toMatchObject([{ to: chat, number: pn(ana.pn) }])
    expect(new Set(ana.inbox.map(({ id }) => id)).size).toBe(ana.inbox.length)
  })

  it('goes to the number after all when WhatsApp refuses the LID, once', async () => {
    const ana = world.sim.contact(fresh())
    await ana.say(shop, 'hello')
    const [chat] = await chats(1)
    await world.sim.phone(shop).migrate()
    await vi.waitFor(async () => expect(await sentTo(chat!)).toMatchObject([{ to: chat }]), WAIT)
    world.sim.phone(shop).account.migrated = false
    expect(await sentTo(chat!)).toMatchObject([{ to: chat }, { to: pn(ana.pn), number: undefined }])
    expect(await sentTo(chat!)).toMatchObject([{ to: pn(ana.pn) }])
    await vi.waitFor(() => expect(ana.inbox.length).toBeGreaterThanOrEqual(3), WAIT)
  })
})
