import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { messageRefOf } from '../../../src/messages/message-ref.ts'
import type { Write } from '../../../src/ports/store.ts'
import { GatedStore } from '../gated-store.ts'
import { createWorld, type Owner, WAIT, type World } from '../world.ts'

const PN = '34600000001'
let world: World
let gate: GatedStore
let owner: Owner
let deaf: Owner
beforeAll(async () => {
  world = await createWorld({ inboundIgnore: ['status'] })
  gate = new GatedStore(world.store)
  owner = await world.linked(PN)
  owner.via = world.another({}, gate.store)
  owner.on = gate.store
  await owner.opened()
  deaf = await world.linked('34600000002')
  deaf.via = world.another({ inboundIgnore: ['status', 'newsletter'] })
  await deaf.opened()
})
afterAll(() => world.close())

const putsRow = ({ inbox }: Write) => inbox?.some(row => 'put' in row) === true
const acknowledged = (id: string, pn = PN) =>
  world.sim.ledger.acknowledged.some(entry => entry.id === id && entry.to === pn)
const newsletter = (name: string) => {
  const made = world.sim.newsletter(name)
  made.subscribe(PN)
  return made
}
const from = (jid: string) => owner.received_.filter(({ message }) => message.chat_id === jid)
const told = (jid: string, count: number) => vi.waitFor(() => expect(from(jid)).toHaveLength(count), WAIT)

describe('a post of a newsletter', () => {
  it('is handed over in order, also with the same words as another, and its inbox row is done', async () => {
    const news = newsletter('News')
    const ids = ['hello', 'hello', 'bye'].map(text => news.post(text).id)
    await told(news.jid, 3)
    expect(from(news.jid).map(({ message }) => message.body)).toEqual(['hello', 'hello', 'bye'])
    expect(from(news.jid).map(({ message }) => message.message_id)).toEqual(ids)
    expect(from(news.jid)[0]!.message).toMatchObject({ from: null, is_group: false, from_me: false })
    await vi.waitFor(async () => expect(await owner.unfinished()).toBe(0), WAIT)
  })

  it('brings its file, which has no key', async () => {
    const news = newsletter('Pictures')
    const { id } = await news.postFile({ image: Buffer.from('picture'), caption: 'look' })
    await told(news.jid, 1)
    const [post] = from(news.jid)
    expect(post!.message).toMatchObject({
      message_id: id,
      type: 'image',
      caption: 'look',
      media: { size: 7 },
    })
    const chunks: Uint8Array[] = []
    const { signal } = new AbortController()
    for await (const chunk of world.whatsApp.download(post!.media!, signal)) chunks.push(Buffer.from(chunk))
    expect(Buffer.concat(chunks).toString()).toBe('picture')
    const refused = owner.socket!.chats.reupload(messageRefOf(post!.message), post!.media!)
    await expect(refused).rejects.toMatchObject({ code: 'MEDIA_GONE' })
  })

  it('that comes in a notification is handed over the same way, as a live one', async () => {
    const news = newsletter('Announcer')
    const ids = ['hello', 'hello', 'bye'].map(text => news.post(text, { notified: true }).id)
    await told(news.jid, 3)
    expect(from(news.jid).map(({ message }) => message.message_id)).toEqual(ids)
    expect(from(news.jid).map(({ message }) => message.body)).toEqual(['hello', 'hello', 'bye'])
    expect(from(news.jid)[0]!.message).toMatchObject({ from: null, is_group: false, offline: false })
    await vi.waitFor(async () => expect(await owner.unfinished()).toBe(0), WAIT)
  })

  it('is acknowledged only when it is durable, and what else is written meanwhile keeps its order', async () => {
    const held = newsletter('Held')
    const ana = world.sim.contact('34611000001')
    const id = world.whatsApp.newMessageId()
    await owner.socket!.send(world.whatsApp.newMessageId(), {
      type: 'text',
      to: ana.account.jid,
      body: 'warm up',
      reply_to: null,
    })
    await ana.next()
    const hold = gate.hold(putsRow)
    const first = held.post('first')
    await hold.reached
    const second = held.post('second')
    const sent = owner.socket!.send(id, { type: 'text', to: ana.account.jid, body: 'hi', reply_to: null })
    await vi.waitFor(() => expect(gate.writes.filter(putsRow).length).toBeGreaterThan(1), WAIT)
    expect([first.id, second.id].map(post => acknowledged(post))).toEqual([false, false])
    hold.release()
    await sent
    expect(await ana.next()).toMatchObject({ id, text: 'hi' })
    await told(held.jid, 2)
    await vi.waitFor(
      () => expect([first.id, second.id].map(post => acknowledged(post))).toEqual([true, true]),
      WAIT,
    )
  })

  it('that cannot be stored is not acknowledged, comes again and is handed over once', async () => {
    const lost = newsletter('Full disk')
    const facts = owner.facts.length
    gate.refuse = putsRow
    const { id } = lost.post('on a full disk')
    expect(await owner.fact('socket.closed', facts)).toMatchObject({ reason: 'store_failed' })
    expect(acknowledged(id)).toBe(false)
    gate.refuse = undefined
    await owner.opened()
    await told(lost.jid, 1)
    await vi.waitFor(() => expect(acknowledged(id)).toBe(true), WAIT)
    await vi.waitFor(async () => expect(await owner.unfinished()).toBe(0), WAIT)
  })

  it('of an ignored kind of chat is acknowledged and not stored', async () => {
    const dull = world.sim.newsletter('Dull')
    dull.subscribe('34600000002')
    const { id } = dull.post('nobody cares')
    await vi.waitFor(() => expect(acknowledged(id, '34600000002')).toBe(true), WAIT)
    expect(deaf.batches).toEqual([])
    expect(await deaf.unfinished()).toBe(0)
  })
})
