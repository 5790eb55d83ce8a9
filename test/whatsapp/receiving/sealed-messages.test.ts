import { randomBytes } from 'node:crypto'
import { proto } from '@whiskeysockets/baileys'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { revocationOf } from '../../../simulator/content/revisions.ts'
import { sealedMessage } from '../../../simulator/content/sealed-messages.ts'
import { seal } from '../../../simulator/content/sealing.ts'
import type { Contact } from '../../../simulator/phones/contact.ts'
import { createWorld, type Owner, WAIT, type World } from '../world.ts'

const PN = '34600000001'
const MINUTE = 60_000
let world: World
let owner: Owner
let ana: Contact
let bea: Contact
let next = 0

beforeAll(async () => {
  world = await createWorld({ inboundFromMe: true })
  owner = await world.linked(PN)
  await owner.opened()
})
afterEach(() => {
  expect(world.sim.ledger.unanswered).toEqual([])
  expect(world.sim.ledger.errors).toEqual([])
  expect(world.sim.ledger.undecryptable).toEqual([])
})
afterAll(() => world.close())

function people() {
  next++
  ana = world.sim.contact(`3461100${String(next).padStart(4, '0')}`, { name: 'Ana' })
  bea = world.sim.contact(`3462200${String(next).padStart(4, '0')}`, { name: 'Bea' })
}
beforeEach(people)

const of = (id: string) => owner.received_.find(({ message }) => message.message_id === id)
const told = async (id: string) => {
  await vi.waitFor(() => expect(of(id), `${id} of ${owner.received_.length}`).toBeDefined(), WAIT)
  return of(id)!.message
}
const isOf =
  (id: string) =>
  ({ message }: { message: { message_id: string } }) =>
    message.message_id === id
/** An edit by hand: what no phone would send, or before there is anything to edit. */
const editOf = (id: string, secret: Uint8Array, jid: string, words: string) =>
  sealedMessage(
    { remoteJid: `${PN}@s.whatsapp.net`, fromMe: true, id },
    { label: 'Message Edit', message: { conversation: words } },
    { secret, id, author: jid, by: jid },
  )
/** What came before it was dealt with, too: a later message of the same person has come. */
async function nothingOf(id: string) {
  await told((await ana.say(PN, 'later')).id)
  await told((await bea.say(PN, 'later')).id)
  expect(of(id)).toBeUndefined()
}

describe("a contact's sealed edit", () => {
  it.each(['pn', 'lid'] as const)('is the edit that it is, in a chat by %s', async addressing => {
    const { id } = await ana.say(PN, 'frist', { addressing })
    await told(id)
    const edit = await ana.sealed.edit(PN, id, 'first', { addressing })
    expect(await told(edit.id)).toMatchObject({
      type: 'edit',
      body: 'first',
      reply_to: id,
      from: ana.pn,
      from_lid: ana.account.lidJid,
      chat_id: (await told(id)).chat_id,
    })
    expect(of(id)!.message.body).toBe('frist')
  })

  it.each([
    ['pn', 'lid'],
    ['lid', 'pn'],
  ] as const)('is opened when %s became %s in between', async (authorAs, sealedAs) => {
    const { id } = await ana.say(PN, 'frist', { addressing: authorAs })
    const edit = await ana.sealed.edit(PN, id, 'first', { addressing: sealedAs, authorAs, sealedAs })
    expect(await told(edit.id)).toMatchObject({ type: 'edit', body: 'first', reply_to: id })
  })

  it.each(['pn', 'lid'] as const)('is opened in a group by %s', async addressing => {
    const group = world.sim.group(`by ${addressing}`, [PN, ana.pn, bea.pn], { addressing })
    const { id } = await ana.say(group.jid, 'frist')
    const edit = await ana.sealed.edit(group.jid, id, 'first')
    expect(await told(edit.id)).toMatchObject({
      type: 'edit',
      body: 'first',
      reply_to: id,
      chat_id: group.jid,
      from: ana.pn,
    })
  })

  it('gives a caption as its words', async () => {
    const { id } = await ana.say(PN, { image: Buffer.from('picture'), caption: 'see' })
    const edit = await ana.sealed.edit(PN, id, {
      associatedChildMessage: { message: { imageMessage: { caption: 'sea' } } },
    })
    expect(await told(edit.id)).toMatchObject({ type: 'edit', body: 'sea', reply_to: id, media: null })
  })

  it('is opened when both come while the session is away, in one batch', async () => {
    await owner.socket!.end()
    const { id } = await ana.say(PN, 'frist')
    const edit = await ana.sealed.edit(PN, id, 'first')
    const again = await ana.sealed.edit(PN, id, 'very first')
    await owner.opened()
    await told(again.id)
    expect([of(edit.id), of(again.id)].map(one => one?.message.body)).toEqual(['first', 'very first'])
    const order = owner.received_.map(({ message }) => message.message_id)
    expect(order.indexOf(edit.id)).toBeGreaterThan(order.indexOf(id))
  })

  it('is opened an hour and a restart later, when it was made in time', async () => {
    const hourAgo = Date.now() - 75 * MINUTE
    const { id } = await ana.say(PN, 'frist', { at: hourAgo })
    await told(id)
    await owner.socket!.end()
    const edit = await ana.sealed.edit(PN, id, 'first', { at: hourAgo + 14 * MINUTE })
    const late = await ana.sealed.edit(PN, id, 'too late', { at: hourAgo + 20 * MINUTE + 1000 })
    owner.via = world.another({ inboundFromMe: true })
    await owner.opened()
    expect(await told(edit.id)).toMatchObject({ type: 'edit', body: 'first' })
    await nothingOf(late.id)
    owner.via = undefined
  })

  it.each([
    ['a changed payload', { tampered: true }],
    ['another secret', { wrongSecret: true }],
    ['an IV of 16 bytes', { ivBytes: 16 }],
  ])('is nothing at all with %s', async (_, spoilt) => {
    const { id } = await ana.say(PN, 'frist')
    const edit = await ana.sealed.edit(PN, id, 'first', { spoilt })
    await nothingOf(edit.id)
    await vi.waitFor(async () => expect(await owner.unfinished()).toBe(0), WAIT)
  })

  it('is nothing at all when it is a schedule', async () => {
    const { id } = await ana.say(PN, 'frist')
    await nothingOf((await ana.sealed.edit(PN, id, 'first', { type: 3 })).id)
  })

  it('is nothing at all when another made it, in a group and from another chat', async () => {
    const group = world.sim.group('Orders', [PN, ana.pn, bea.pn])
    const { id } = await ana.say(group.jid, 'frist')
    await told(id)
    const forged = await bea.sealed.edit(group.jid, id, 'hacked', { forged: true })
    const secret = ana.said(id)!.message.messageContextInfo!.messageSecret!
    const asHerself = editOf(id, secret, bea.account.lidJid, 'hacked')
    const other = await bea.say(group.jid, asHerself)
    const elsewhere = await bea.say(PN, asHerself)
    const mine = editOf(id, secret, ana.account.lidJid, 'elsewhere')
    const ownElsewhere = await ana.say(PN, mine)
    await nothingOf(forged.id)
    expect([other, elsewhere, ownElsewhere].map(one => of(one.id))).toEqual([undefined, undefined, undefined])
    const right = await ana.sealed.edit(group.jid, id, 'first')
    expect(await told(right.id)).toMatchObject({ body: 'first' })
  })

  it('finds its original among others under the same id', async () => {
    const group = world.sim.group('same ids', [PN, ana.pn, bea.pn])
    const { id } = await ana.say(group.jid, 'frist')
    await told(id)
    const secret = ana.said(id)!.message.messageContextInfo!.messageSecret!
    await bea.say(group.jid, 'mine', { id })
    await bea.say(PN, 'mine', { id })
    await vi.waitFor(() => expect(owner.received_.filter(isOf(id))).toHaveLength(3), WAIT)
    const edit = await ana.say(group.jid, editOf(id, secret, ana.account.lidJid, 'first'))
    expect(await told(edit.id)).toMatchObject({ type: 'edit', body: 'first' })
  })

  it('cannot delete', async () => {
    const { id } = await ana.say(PN, 'stays')
    const secret = ana.said(id)!.message.messageContextInfo!.messageSecret!
    const { jid } = ana.account
    const about = { secret, id, author: jid, by: jid, label: 'Message Edit' } as const
    const key = { remoteJid: PN, fromMe: true, id }
    const plain = proto.Message.encode(revocationOf(key)).finish()
    const change = { targetMessageKey: key, secretEncType: 2, ...seal(plain, about) }
    await nothingOf((await ana.say(PN, { secretEncryptedMessage: change })).id)
  })

  it('that comes before its original waits for it, through a restart', async () => {
    const [id, secret] = [`3EB0EARLY${ana.pn}`, randomBytes(32)]
    const early = editOf(id, secret, ana.account.jid, 'first')
    const edit = await ana.say(PN, early)
    await nothingOf(edit.id)
    await vi.waitFor(async () => expect(await owner.unfinished()).toBe(1), WAIT)
    await owner.socket!.end()
    owner.via = world.another({ inboundFromMe: true })
    await owner.opened()
    await nothingOf(edit.id)
    await vi.waitFor(async () => expect(await owner.unfinished()).toBe(1), WAIT)
    await ana.say(PN, { conversation: 'frist', messageContextInfo: { messageSecret: secret } }, { id })
    expect(await told(edit.id)).toMatchObject({ type: 'edit', body: 'first', reply_to: id })
    const order = owner.received_.map(({ message }) => message.message_id)
    expect(order.indexOf(edit.id)).toBeGreaterThan(order.indexOf(id))
    await vi.waitFor(async () => expect(await owner.unfinished()).toBe(0), WAIT)
    owner.via = undefined
  })

  it('that comes before its original waits for a day', async () => {
    const [id, secret] = [`3EB0NEVER${ana.pn}`, randomBytes(32)]
    const early = editOf(id, secret, ana.account.jid, 'first')
    await ana.say(PN, early, { at: Date.now() - 25 * 60 * MINUTE })
    await told((await ana.say(PN, 'later')).id)
    await vi.waitFor(async () => expect(await owner.unfinished()).toBe(0), WAIT)
  })
})

describe('what others add to a message, sealed', () => {
  it('is a reaction, a comment that quotes, and what becomes of an event', async () => {
    const group = world.sim.group('Orders', [ana.pn, PN, bea.pn])
    const { id } = await ana.say(group.jid, 'from the shop')
    const event = await ana.say(group.jid, { eventMessage: { name: 'Fair', startTime: 1_800_000_000 } })
    const said = async (one: Promise<{ id: string }>) => told((await one).id)
    expect(await said(bea.sealed.react(group.jid, id, '👍'))).toMatchObject({
      type: 'reaction',
      body: '👍',
      reply_to: id,
      from: bea.pn,
    })
    expect(await said(bea.sealed.react(group.jid, id, ''))).toMatchObject({ type: 'reaction', body: '' })
    expect(await said(bea.sealed.comment(group.jid, id, 'nice'))).toMatchObject({
      type: 'text',
      body: 'nice',
      reply_to: id,
      from: bea.pn,
      quoted: { message_id: id, from: ana.pn, type: 'text', text: 'from the shop', is_status: false },
    })
    expect(await said(bea.sealed.answer(group.jid, event.id, 'not_going'))).toMatchObject({
      type: 'event_response',
      body: 'not_going',
      reply_to: event.id,
    })
    const changed = await said(ana.sealed.editEvent(group.jid, event.id, { name: 'Moved' }))
    expect(changed).toMatchObject({ type: 'edit', reply_to: event.id })
    const forged = await bea.sealed.editEvent(group.jid, event.id, { name: 'Mine' }, { forged: true })
    const spoilt = await bea.sealed.react(group.jid, id, '👎', { spoilt: { tampered: true } })
    await nothingOf(forged.id)
    expect(of(spoilt.id)).toBeUndefined()
  })

  it('is a vote in a poll of others, and what becomes of the poll', async () => {
    const group = world.sim.group('Polls', [ana.pn, PN, bea.pn])
    const poll = { name: 'Tea?', options: ['yes', 'no'], selectable: 2 }
    const { id } = await ana.say(group.jid, { poll })
    const said = async (one: Promise<{ id: string }>) => told((await one).id)
    const vote = (answers: string[]) => said(bea.vote(group.jid, id, answers))
    expect(await vote(['no', 'yes'])).toMatchObject({ type: 'poll_vote', body: 'yes\nno', reply_to: id })
    expect(await vote([])).toMatchObject({ type: 'poll_vote', body: '' })
    const spoilt = await bea.vote(group.jid, id, ['no'], { spoilt: { tampered: true } })
    await nothingOf(spoilt.id)
    const other = { poll: { name: 'Coffee?', options: ['a', 'b'] } }
    expect(await said(ana.sealed.editPoll(group.jid, id, other))).toMatchObject({
      type: 'edit',
      body: 'Coffee?',
      caption: 'a\nb',
      reply_to: id,
    })
    for (const asEdit of [true, false])
      expect(await said(bea.sealed.addOption(group.jid, id, 'later', { asEdit }))).toMatchObject({
        type: 'edit',
        body: 'Tea?',
        caption: 'yes\nno\nlater',
        reply_to: id,
      })
  })

  it('is opened when it is about what the own phone wrote', async () => {
    const { id } = await world.sim.phone(PN).contact.say(ana.pn, 'from the phone')
    await told(id)
    const secret = world.sim.phone(PN).contact.said(id)!.message.messageContextInfo!.messageSecret!
    const key = { remoteJid: `${PN}@s.whatsapp.net`, fromMe: false, id }
    const reaction = sealedMessage(
      key,
      { label: 'Enc Reaction', emoji: '👍' },
      { secret, id, author: world.sim.phone(PN).account.lidJid, by: ana.account.lidJid },
    )
    const sent = await ana.say(PN, reaction, { addressing: 'lid' })
    expect(await told(sent.id)).toMatchObject({ type: 'reaction', body: '👍', reply_to: id })
  })
})
