import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { contextOf } from '../../../simulator/content/context.ts'
import type { Contact } from '../../../simulator/phones/contact.ts'
import type { SendContent } from '../../../src/messages/send.ts'
import { createWorld, type Owner, WAIT, type World } from '../world.ts'

const SHOP = '34600000031'
const DAY = 86_400
const WEEK = 604_800

let world: World
let owner: Owner
let ana: Contact
let number = 34_611_000_100
/** Beyond those of what arrives. */
let seq = 1_000_000
beforeAll(async () => {
  world = await createWorld()
  owner = await world.linked(SHOP)
  await owner.opened()
})
beforeEach(() => {
  ana = world.sim.contact(String(number++))
})
afterEach(() => {
  const { unanswered, errors, wrongTimers } = world.sim.ledger
  expect({ unanswered, errors, wrongTimers }).toEqual({ unanswered: [], errors: [], wrongTimers: [] })
})
afterAll(() => world.close())

const jidOf = (contact: Contact) => `${contact.pn}@s.whatsapp.net`
const text = (to: string, body = 'on our way'): SendContent => ({ type: 'text', to, body, reply_to: null })

/** Sends and gives what the phone of the other one has of it. */
async function sent(content: SendContent, to = ana, by = owner) {
  const id = world.whatsApp.newMessageId()
  const { streamId, epoch } = by
  const row = { messageId: id, chatId: content.to, direction: 'out', dedupeKey: `out|${id}` } as const
  const insert = { ...row, content, status: 'queued', seq: seq++, at: 1 } as const
  await world.store.commit({ streamId, epoch, messages: [{ insert }] })
  await by.socket!.send(id, content)
  await vi.waitFor(() => expect(to.inbox.some(one => one.id === id)).toBe(true), WAIT)
  const { message } = to.inbox.find(one => one.id === id)!
  const { expiration = 0, ephemeralSettingTimestamp } = contextOf(message) ?? {}
  return { id, message, expiration, setAt: Number(ephemeralSettingTimestamp ?? 0) }
}

/** What ana says next has arrived, and so what came before. */
async function heard(words = 'hello', options: Parameters<Contact['say']>[2] = {}, to = SHOP) {
  const before = owner.received_.length
  const { id } = await ana.say(to, words, options)
  await owner.texts(before + 1)
  return { id, message: owner.received_.at(-1)!.message }
}

describe('a chat whose messages disappear', () => {
  it.each([
    'pn',
    'lid',
  ] as const)('is learnt from its setting, by %s, and from its being switched off', async addressing => {
    await ana.disappear(SHOP, DAY, { addressing })
    const { message } = await heard('hello', { addressing })
    expect(message.expires_in).toBe(DAY)
    for (const to of [jidOf(ana), ana.account.lidJid]) expect((await sent(text(to))).expiration).toBe(DAY)
    await ana.disappear(SHOP, 0, { addressing })
    expect((await heard('again', { addressing })).message.expires_in).toBeUndefined()
    for (const to of [jidOf(ana), ana.account.lidJid]) expect((await sent(text(to))).expiration).toBe(0)
  })

  it('is learnt from what somebody says in it, the newest setting winning over what comes late', async () => {
    await ana.disappear(SHOP, DAY, { untold: true })
    const before = contextOf(ana.said((await heard('one')).id)!.message)!
    await heard('two')
    expect((await sent(text(jidOf(ana)))).expiration).toBe(DAY)
    await ana.disappear(SHOP, WEEK, { untold: true })
    await heard('three')
    expect((await sent(text(jidOf(ana)))).expiration).toBe(WEEK)
    await ana.say(
      SHOP,
      { extendedTextMessage: { text: 'late', contextInfo: before } },
      { forgetsTimer: true },
    )
    await heard('a client that forgets it', { forgetsTimer: true })
    expect((await sent(text(jidOf(ana)))).expiration).toBe(WEEK)
  })

  it('is learnt from the own phone', async () => {
    const own = world.sim.phone(SHOP).contact
    await own.disappear(ana.pn, DAY)
    await vi.waitFor(async () => expect(await owner.unfinished()).toBe(0), WAIT)
    await heard('hello')
    expect((await sent(text(jidOf(ana)))).expiration).toBe(DAY)
  })

  it('gets its timer with everything that is shown in it, and with answers', async () => {
    await ana.disappear(SHOP, DAY)
    const { id } = await heard('where are you?')
    const to = jidOf(ana)
    const answer = await sent({ ...text(to), reply_to: id } as SendContent)
    expect(contextOf(answer.message)).toMatchObject({ stanzaId: id, expiration: DAY })
    const shown: SendContent[] = [
      { type: 'location', to, reply_to: null, latitude: 1, longitude: 2, name: null, address: null },
      { type: 'contact', to, reply_to: null, contacts: [{ name: 'Ana', phone: '34600' }] },
      { type: 'poll', to, reply_to: null, body: 'Where?', options: ['a', 'b'], select: 1 },
    ]
    for (const content of shown) expect((await sent(content)).expiration).toBe(DAY)
    await sent({ type: 'reaction', to, reply_to: id, body: '👍' })
    await sent({ type: 'edit', to, reply_to: answer.id, body: 'here' })
    await sent({ type: 'delete', to, reply_to: answer.id })
  })

  it('is known after a restart, and what goes out again is the very same', async () => {
    await ana.disappear(SHOP, DAY)
    await heard('hello')
    const first = await sent(text(jidOf(ana)))
    await ana.disappear(SHOP, WEEK)
    await heard('longer')
    await owner.socket!.end()
    await owner.opened()
    expect((await sent(text(ana.account.lidJid))).expiration).toBe(WEEK)
    await ana.disappear(SHOP, 0, { untold: true })
    await owner.socket!.send(first.id, text(jidOf(ana)))
    await vi.waitFor(() => expect(ana.inbox.filter(one => one.id === first.id)).toHaveLength(2), WAIT)
    const again = ana.inbox.findLast(one => one.id === first.id)!
    expect(contextOf(again.message)).toEqual(contextOf(first.message))
    world.sim.ledger.clear()
  })
})

describe('a group whose messages disappear', () => {
  it.each([
    'pn',
    'lid',
  ] as const)('is learnt from its metadata and its notifications, by %s', async addressing => {
    const group = world.sim.group('Orders', [ana.pn, SHOP], { addressing })
    group.timer = { expiration: WEEK, setAt: Math.floor(Date.now() / 1000) - 100 }
    expect((await sent(text(group.jid))).expiration).toBe(WEEK)
    world.sim.changeGroup(
      group.jid,
      [{ subject: 'Sales' }, { setting: 'ephemeral', attributes: { expiration: String(DAY) } }],
      { author: ana.pn },
    )
    // At once, not only when somebody writes or the members are asked for.
    const stored = () => world.store.chatTimers.find(owner.streamId, [group.jid])
    await vi.waitFor(async () => expect(await stored()).toMatchObject({ expiration: DAY }), {
      timeout: 5_000,
    })
    expect((await heard('hello', {}, group.jid)).message.expires_in).toBe(DAY)
    expect((await sent(text(group.jid))).expiration).toBe(DAY)
    await ana.disappear(group.jid, 0)
    await heard('again', {}, group.jid)
    expect((await sent(text(group.jid))).expiration).toBe(0)
  })
})

describe('an account whose new chats disappear', () => {
  it('begins chats so, and leaves those that were there', async () => {
    await heard('here before')
    const later = world.sim.contact(String(number++))
    const phone = world.sim.phone(SHOP)
    phone.disappearing = DAY
    await vi.waitFor(() => expect(phone.devices.every(({ pending }) => pending === 0)).toBe(true), WAIT)
    for (let i = 0; i < 2; i++) expect((await sent(text(jidOf(later)), later)).expiration).toBe(DAY)
    expect((await sent(text(jidOf(ana)))).expiration).toBe(0)
    phone.disappearing = 0
    await vi.waitFor(() => expect(phone.devices.every(({ pending }) => pending === 0)).toBe(true), WAIT)
  })
})

describe('a history', () => {
  it('says which chats disappear', async () => {
    const pn = '34600000032'
    const linked = await world.owner('fresh')
    const phone = world.sim.phone(pn)
    await phone.contact.disappear(ana.pn, DAY, { untold: true })
    phone.history = [{ with: ana.pn, messages: [{ content: 'long ago' }] }]
    linked.open()
    await linked.fact('socket.qr')
    await phone.scan(world.vault.read(linked.sessionId)!.text)
    await linked.fact('socket.closed')
    await linked.opened()
    await vi.waitFor(() => expect(linked.batches.flat().some(({ imported }) => imported)).toBe(true), WAIT)
    expect((await sent(text(jidOf(ana)), ana, linked)).expiration).toBe(DAY)
  })
})
