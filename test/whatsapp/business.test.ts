import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { BusinessContent } from '../../simulator/content/business.ts'
import type { Sayable, SayOptions } from '../../simulator/phones/send.ts'
import { completeMessage, wholeMessage } from '../../src/messages/received.ts'
import { createWorld, type Owner, WAIT, type World } from './world.ts'

const SHOP = '34600000021'
const CAFE = '34611000021'
const ANA = '34611000022'
const PNG = Buffer.from('89504e470d0a1a0a', 'hex')

let world: World
let owner: Owner
beforeAll(async () => {
  world = await createWorld()
  owner = await world.linked(SHOP)
  await owner.opened()
})
afterEach(() => {
  expect(world.sim.ledger.unanswered).toEqual([])
  expect(world.sim.ledger.errors).toEqual([])
})
afterAll(() => world.close())

/** What the session is told when a contact says something. */
async function told(from: string, content: Sayable, options: SayOptions = {}, to = SHOP) {
  const before = owner.received_.length
  await world.sim.contact(from).say(to, content, options)
  await owner.texts(before + 1)
  const { message, media } = owner.received_.at(-1)!
  return { message: wholeMessage.parse(completeMessage(message)), media }
}

describe('what a business says', () => {
  const buttons = [
    { text: 'Yes', id: 'yes' },
    { text: 'Our page', url: 'https://x.example' },
  ]
  it.each<[string, BusinessContent]>([
    ['a template', { template: { header: { image: PNG }, body: 'Your order', footer: 'Cafe', buttons } }],
    [
      'an interactive one',
      { interactive: { header: { image: PNG }, body: 'Your order', footer: 'Cafe', buttons } },
    ],
    ['buttons', { buttons: { header: { image: PNG }, body: 'Your order', footer: 'Cafe', buttons } }],
  ])('arrives as the picture above it, with its words: %s', async (_, content) => {
    const { message, media } = await told(CAFE, content)
    expect(message).toMatchObject({ type: 'image', body: 'Your order\nCafe\nYes\nOur page', caption: null })
    const chunks: Uint8Array[] = []
    for await (const chunk of world.whatsApp.download(media!, AbortSignal.timeout(10_000)))
      chunks.push(Buffer.from(chunk))
    expect(Buffer.concat(chunks)).toEqual(PNG)
  })

  it('arrives as text without one', async () => {
    const template = { header: 'Hello', body: 'Your order', buttons: [{ text: 'Call', call: '+34600' }] }
    expect((await told(CAFE, { template })).message).toMatchObject({
      type: 'text',
      body: 'Hello\nYour order\nCall',
    })
    const list = { title: 'Menu', button: 'Choose', sections: [{ rows: [{ id: '1', title: 'Tea' }] }] }
    expect((await told(CAFE, { list })).message).toMatchObject({ type: 'text', body: 'Menu\nChoose\nTea' })
    const interactive = { body: 'Ours', cards: [{ body: 'One' }, { header: 'Two', footer: 'end' }] }
    expect((await told(CAFE, { interactive })).message.body).toBe('Ours\nOne\nTwo\nend')
    const where = { header: { location: { latitude: 1.5, longitude: 2 } }, body: 'Here' }
    expect((await told(CAFE, { buttons: where })).message.body).toBe('1.5,2\nHere')
  })

  it('arrives with its order and its product, a picture of it included', async () => {
    const order = { id: 'O1', token: 'T', text: 'Two teas', items: 2, total: 3_500, currency: 'EUR' }
    expect((await told(ANA, { order })).message).toMatchObject({
      type: 'order',
      body: 'Two teas',
      order: { order_id: 'O1', token: 'T', item_count: 2, total_amount: 3_500, currency: 'EUR' },
    })
    const product = {
      id: 'P1',
      title: 'Tea',
      price: 1_750,
      currency: 'EUR',
      owner: SHOP,
      image: PNG,
      body: 'Still there?',
    }
    const { message, media } = await told(ANA, { product })
    expect(message).toMatchObject({
      type: 'product',
      body: 'Still there?',
      product: { product_id: 'P1', title: 'Tea', price_amount: 1_750, catalog_id: `${SHOP}@s.whatsapp.net` },
      media: { size: PNG.length },
    })
    expect(media?.kind).toBe('image')
  })
})

describe('what a person taps', () => {
  it.each<[Sayable, string, object]>([
    [{ tap: 'button', id: 'yes', text: 'Yes' }, 'Yes', { kind: 'button', id: 'yes' }],
    [
      { tap: 'list', id: 'r1', title: 'Tea', description: 'hot' },
      'Tea',
      { kind: 'list', id: 'r1', description: 'hot' },
    ],
    [{ tap: 'template', id: 'y', text: 'Yes', index: 1 }, 'Yes', { kind: 'template', id: 'y' }],
    [
      { tap: 'flow', name: 'quick_reply', params: { id: 'g' }, text: 'Go' },
      'Go',
      { kind: 'flow', id: 'g', params: { id: 'g' } },
    ],
    [
      { tap: 'flow', name: 'menu_options', params: { id: 'g', title: 'Tea' }, text: null },
      'Tea',
      { kind: 'flow', id: 'g' },
    ],
    [
      { tap: 'flow', name: 'menu_options', params: { id: 'g', title: 'Tea' } },
      'Tea',
      { kind: 'flow', id: 'g' },
    ],
  ])('arrives as its words and its id: %j', async (tap, body, selection) => {
    const { message } = await told(ANA, tap, { quote: { id: 'ASKED', from: SHOP, message: 'Tea?' } })
    expect(message).toMatchObject({ type: 'text', body, selection, reply_to: 'ASKED' })
  })
})

describe('what stands beside the words', () => {
  it('tells what is answered, also what never came here', async () => {
    const ana = world.sim.contact(ANA).account
    const quote = { id: 'BEFORE', from: ANA, message: { imageMessage: { caption: 'long ago' } } }
    const { message } = await told(ANA, 'that one', { quote, addressing: 'lid' })
    expect(message).toMatchObject({
      body: 'that one',
      reply_to: 'BEFORE',
      quoted: {
        message_id: 'BEFORE',
        from: ANA,
        from_lid: ana.lidJid,
        type: 'image',
        text: 'long ago',
        is_status: false,
      },
    })
    const status = { id: 'STATUS', from: SHOP, message: 'open today', in: 'status@broadcast' }
    expect((await told(ANA, 'until when?', { quote: status })).message.quoted).toMatchObject({
      message_id: 'STATUS',
      from: SHOP,
      text: 'open today',
      is_status: true,
    })
  })

  it('tells whom it mentions, in groups of either kind, and whether that is us', async () => {
    const people = [ANA, CAFE, SHOP].map(pn => world.sim.contact(pn).account)
    for (const addressing of ['lid', 'pn'] as const) {
      const group = world.sim.group(`Orders ${addressing}`, [ANA, CAFE, SHOP], { addressing })
      const { message } = await told(ANA, '@all of you', { mentions: [CAFE, SHOP] }, group.jid)
      const [, cafe, shop] = people
      expect(message.mentions).toEqual([
        { jid: group.addressOf(cafe!), phone: CAFE },
        { jid: group.addressOf(shop!), phone: SHOP },
      ])
      expect(message.mentions_me).toBe(true)
      expect((await told(ANA, 'hm', { mentions: [CAFE] }, group.jid)).message.mentions_me).toBe(false)
      expect((await told(ANA, '@all', { mentionsAll: true }, group.jid)).message.mentions_me).toBe(true)
    }
  })

  it('mentions others under the name that the group knows them by', async () => {
    for (const addressing of ['lid', 'pn'] as const) {
      const group = world.sim.group(`Sales ${addressing}`, [ANA, CAFE, SHOP], { addressing })
      const [ana, cafe] = [world.sim.contact(ANA), world.sim.contact(CAFE).account]
      for (const jid of [cafe.jid, cafe.lidJid]) {
        const id = world.whatsApp.newMessageId()
        const body = `@${jid.split('@')[0]} please`
        await owner.socket!.send(id, { type: 'text', to: group.jid, body, reply_to: null, mentions: [jid] })
        await vi.waitFor(() => expect(ana.inbox.some(one => one.id === id)).toBe(true), WAIT)
        const { message, text } = ana.inbox.find(one => one.id === id)!
        const name = group.addressOf(cafe)
        expect(message.extendedTextMessage?.contextInfo?.mentionedJid).toEqual([name])
        expect(text).toBe(`@${name.split('@')[0]} please`)
      }
    }
  })

  it('tells that it was forwarded, and the advertisement it came by, with words or without', async () => {
    const ad = {
      title: 'Shoes',
      sourceId: '12',
      sourceType: 'ad',
      sourceUrl: 'https://fb.me/1',
      ctwaClid: 'C',
      mediaType: 1,
      entryPointConversionSource: 'ctwa_ad',
    }
    const referral = {
      source_id: '12',
      headline: 'Shoes',
      ctwa_clid: 'C',
      media_type: 'image',
      entry_point: 'ctwa_ad',
    }
    expect((await told(ANA, 'hello', { ad, forwarded: 1 })).message).toMatchObject({
      body: 'hello',
      referral,
      forwarded: true,
    })
    expect((await told(ANA, '', { ad })).message).toMatchObject({ type: 'text', referral })
    for (const unavailable of [true, 'absent'] as const) {
      const held = await told(ANA, 'held back', { ad, unavailable, meta: { origin: 'ctwa' } })
      expect(held.message).toMatchObject({ body: 'held back', referral })
    }
  })

  it('costs a plain text nothing, and is left out of what is stored', async () => {
    const before = owner.received_.length
    await world.sim.contact(ANA).say(SHOP, 'plain')
    await owner.texts(before + 1)
    expect(Object.keys(owner.received_.at(-1)!.message)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/quoted|mentions|referral|forwarded|selection|order/)]),
    )
  })
})
