import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { wire } from '../../simulator/content/wire.ts'
import {
  accountEventPayload,
  messagePayload,
  messageStatusPayload,
  pairingCodePayload,
  qrPayload,
  sessionStatusPayload,
} from '../../src/laravel/payloads.ts'
import { type Example, exampleFile, settled, webhookPage } from './webhook-page.ts'
import { World } from './world.ts'

const PAGE = new URL('../../docs/webhooks.md', import.meta.url)
/** What /openapi.json shows of deliveries. */
const EXAMPLES = new URL('../../src/openapi/examples/deliveries.golden.json', import.meta.url)
const SHOP = '34600000001'
const ANA = '34600000002'
const EVA = '34600000003'

const JPEG = Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex')
const MP4 = Buffer.from('000000186674797069736f6d0000020069736f6d69736f32', 'hex')
const WEBP = Buffer.from('524946461600000057454250565038580a0000000000000000000000', 'hex')
const OGG = Buffer.from('4f676753000200000000000000000100000000000000', 'hex')

const SCHEMAS: Record<string, { parse(body: unknown): unknown }> = {
  '/messages': messagePayload,
  '/messages/status': messageStatusPayload,
  '/whatsapp/status': sessionStatusPayload,
  '/whatsapp/events': accountEventPayload,
  '/qr': qrPayload,
  '/pairing-code': pairingCodePayload,
}

const world = new World(
  {
    LARAVEL_EVENTS: 'call,group,contact,passkey',
    LARAVEL_MESSAGE_STATUS: 'true',
    INBOUND_IGNORE: 'none',
    INBOUND_RAW: 'unsupported',
  },
  { seed: 'webhooks' },
)
const examples: Example[] = []
const names: [RegExp, string][] = []
let drawn = 0

beforeAll(async () => {
  await world.start()
  world.simulator.contact(ANA, { name: 'Ana' })
  world.simulator.contact(EVA, { name: 'Eva' })
  await world.link('shop', SHOP, 7, { tenant: 'acme' })
}, 60_000)
afterAll(() => world.end())

/** Waits for a delivery that was accepted and puts it on the page. */
async function show(
  title: string,
  sentence: string,
  path: string,
  isIt: (body: Record<string, unknown>) => boolean,
): Promise<void> {
  const body = await vi.waitFor(
    () => {
      const found = world.laravel.accepted(path).find(isIt)
      if (found === undefined) throw new Error(`${title} has not arrived on ${path}`)
      return found
    },
    { timeout: 20_000, interval: 25 },
  )
  SCHEMAS[path]!.parse(body)
  examples.push({ title, sentence, path, body: settled(body, names) })
}

/** Something that Ana says, under an id of its own. */
const nextId = () => `3EB0${String(++drawn).padStart(16, '0')}`
async function says(
  title: string,
  sentence: string,
  say: (id: string) => Promise<unknown>,
  isIt?: (body: Record<string, unknown>) => boolean,
): Promise<string> {
  const id = nextId()
  await say(id)
  await show(title, sentence, '/messages', isIt ?? (body => body.message_id === id))
  return id
}

describe('docs/webhooks.md', () => {
  it('shows a session that is linked', async () => {
    await show('A QR', 'A QR to be scanned, again whenever it changes.', '/qr', () => true)
    names.push([
      new RegExp(String(examples.at(-1)!.body.qr).replace(/[+.?$]/g, '\\$&'), 'g'),
      '2@k3…,rQ…=,Zb…=,4h…=',
    ])
    examples.at(-1)!.body.qr = '2@k3…,rQ…=,Zb…=,4h…='
    await show(
      'A session is active',
      'A phone has scanned it.',
      '/whatsapp/status',
      body => body.estado_qr === 'active',
    )
  })

  it('shows what people say', async () => {
    const ana = world.simulator.contact(ANA)
    const text = await says('A text', 'Ana writes.', id => ana.say(SHOP, 'Do you open on Sundays?', { id }))
    await says('An answer', 'Ana answers a message: `quoted` is what she sees of it.', id =>
      ana.say(SHOP, 'And on Mondays?', { id, quote: { id: text } }),
    )
    await says('A forwarded text', 'Ana forwards something.', id =>
      ana.say(SHOP, 'Look at this', { id, forwarded: 2 }),
    )
    await says('An image', 'Ana sends a picture: `media.url` needs no key for 24 h.', id =>
      ana.say(SHOP, { image: JPEG, caption: 'This one?' }, { id }),
    )
    await says('A voice note', 'Ana speaks.', id =>
      ana.say(SHOP, { audio: OGG, ptt: true, seconds: 4 }, { id }),
    )
    const preview = await says('A video', 'Ana sends a film.', id =>
      ana.say(SHOP, { video: MP4, caption: 'The garden', seconds: 9 }, { id, parentOf: 'hd-video' }),
    )
    await says('The same in HD', 'It takes the place of its preview: `replaces` says which.', id =>
      ana.say(
        SHOP,
        { video: MP4, caption: 'The garden', seconds: 9 },
        { id, childOf: { id: preview, as: 'hd-video' } },
      ),
    )
    await says('A sticker', 'Ana sends a sticker.', id => ana.say(SHOP, { sticker: WEBP }, { id }))
    await says('A document', 'Ana sends a file.', id =>
      ana.say(SHOP, { document: Buffer.from('%PDF-1.7'), filename: 'order.pdf', caption: 'signed' }, { id }),
    )
    await says('A place', 'Ana shares a location.', id =>
      ana.say(
        SHOP,
        {
          locationMessage: {
            degreesLatitude: 40.4,
            degreesLongitude: -3.7,
            name: 'Home',
            address: 'Calle Mayor 1',
          },
        },
        { id },
      ),
    )
    await says('A contact', 'Ana shares a contact.', id =>
      ana.say(
        SHOP,
        { contactMessage: { displayName: 'Eva', vcard: 'BEGIN:VCARD\nVERSION:3.0\nFN:Eva\nEND:VCARD' } },
        { id },
      ),
    )
    await says('A picture to be seen once', 'WhatsApp gives linked devices no more of it.', id =>
      ana.say(SHOP, { image: JPEG, viewOnce: true }, { id }),
    )
    const poll = await says('A poll', 'Ana asks.', id =>
      ana.say(SHOP, { poll: { name: 'When?', options: ['Monday', 'Friday'] } }, { id }),
    )
    expect(poll).toMatch(/^3EB0/)
    await ana.react(SHOP, text, '👍', { id: nextId() })
    await show(
      'A reaction',
      'Ana reacts; an empty body takes the reaction back.',
      '/messages',
      ({ type }) => type === 'reaction',
    )
    await ana.edit(SHOP, text, 'Do you open on Saturdays?', { id: nextId() })
    await show(
      'An edit',
      'Ana corrects a text, at most 20 minutes later.',
      '/messages',
      ({ type }) => type === 'edit',
    )
    await ana.revoke(SHOP, text, { id: nextId() })
    await show(
      'A deletion',
      'Ana deletes a message for everybody.',
      '/messages',
      ({ type }) => type === 'delete',
    )
  })

  it('shows choices and business', async () => {
    const ana = world.simulator.contact(ANA)
    await says(
      'A tapped button',
      'Ana taps a button: `selection.id` is the one that the sender gave it.',
      id => ana.say(SHOP, { tap: 'button', id: 'yes', text: 'Yes, please' }, { id }),
    )
    await says('A chosen row of a list', 'Ana chooses.', id =>
      ana.say(SHOP, { tap: 'list', id: 'row-2', title: 'Friday', description: 'from nine on' }, { id }),
    )
    await says('A template', 'A business writes: header, words, footer and buttons, one a line.', id =>
      ana.say(
        SHOP,
        {
          template: {
            header: 'Your parcel',
            body: 'It comes tomorrow.',
            footer: 'Courier Ltd.',
            buttons: [
              { text: 'Another day', id: 'later' },
              { text: 'Where is it?', url: 'https://courier.test/7' },
            ],
          },
        },
        { id },
      ),
    )
    await says('An order', 'Ana orders from the catalogue; amounts are in thousandths.', id =>
      ana.say(
        SHOP,
        { order: { id: '77', token: 'tok', text: 'Two, please', items: 2, total: 25_000, currency: 'EUR' } },
        { id },
      ),
    )
    await says('A product', 'Ana asks about a product.', id =>
      ana.say(
        SHOP,
        {
          product: {
            id: '9',
            title: 'Red chair',
            currency: 'EUR',
            price: 12_500,
            retailer: 'SKU-9',
            owner: SHOP,
          },
        },
        { id },
      ),
    )
    await says('A lead of an advertisement', 'Ana comes by an ad: `referral` says which.', id =>
      ana.say(SHOP, 'Is it still for sale?', {
        id,
        ad: {
          title: 'Red chairs',
          body: 'Only this week',
          sourceType: 'ad',
          sourceId: '120210000000000001',
          sourceUrl: 'https://fb.me/ad',
          ctwaClid: 'AQ…',
          entryPointConversionSource: 'ctwa_ad',
        },
      }),
    )
    await says(
      'Something that nobody here can read yet',
      'Its bytes are kept: `POST …/replay` after an upgrade delivers it properly.',
      id => ana.say(SHOP, { raw: wire({ 998: { 1: 'from the future' } }) }, { id }),
    )
  })

  it('shows a group', async () => {
    const group = world.simulator.group('Neighbours', [SHOP, ANA, EVA])
    names.push([new RegExp(group.jid, 'g'), '120363000000000001@g.us'])
    const ana = world.simulator.contact(ANA)
    // The first message of a group asks what it is called.
    await ana.say(group.jid, 'hello')
    await vi.waitFor(
      () =>
        expect(world.laravel.accepted('/messages').some(({ chat_id }) => chat_id === group.jid)).toBe(true),
      {
        timeout: 20_000,
      },
    )
    await says(
      'A text in a group',
      '`from` and `participant` are its author; `mentions_me` when the account is named.',
      id => ana.say(group.jid, `@${SHOP} are you coming?`, { id, mentions: [SHOP] }),
    )
    world.simulator.changeGroup(group.jid, [{ promote: [SHOP] }, { subject: 'Good neighbours' }], {
      author: ANA,
    })
    await show(
      'A group changes',
      'With `group` in `LARAVEL_EVENTS`.',
      '/whatsapp/events',
      ({ type, action }) => type === 'group' && action === 'promote',
    )
  })

  it('shows calls and contacts', async () => {
    const call = world.simulator.contact(ANA).call(SHOP, { video: true })
    names.push([new RegExp(call.id, 'g'), '7F3C…'])
    await show(
      'A call',
      'With `call` in `LARAVEL_EVENTS`; `REJECT_CALLS=true` refuses it.',
      '/whatsapp/events',
      ({ type }) => type === 'call',
    )
    world.simulator.contact(ANA).changePicture(SHOP)
    await show(
      'A contact changes',
      'With `contact` in `LARAVEL_EVENTS`.',
      '/whatsapp/events',
      ({ type }) => type === 'contact',
    )
  })

  it('shows what is done with what was sent', async () => {
    const poll = { type: 'poll', body: 'When?', options: ['Monday', 'Friday'] }
    const { body } = await world.call('POST', '/send-message', { session_id: 'shop', wa_id: ANA, ...poll })
    names.push([new RegExp(String(body.message_id), 'g'), '3EB0EEEEEEEEEEEEEEEE'])
    const ana = world.simulator.contact(ANA)
    await vi.waitFor(() => expect(ana.view(SHOP).has(String(body.message_id))).toBe(true), {
      timeout: 20_000,
    })
    await ana.vote(SHOP, String(body.message_id), ['Friday'], { id: nextId() })
    await show(
      'A vote',
      'Ana votes in a poll of the account.',
      '/messages',
      ({ type }) => type === 'poll_vote',
    )
  })

  it('shows what becomes of a send', async () => {
    const { body } = await world.call('POST', '/send-message', {
      ...{ session_id: 'shop', wa_id: ANA, type: 'text', body: 'Yes, until noon' },
      ...{ client_ref: 'answer-1042', metadata: { order: 1042 } },
    })
    names.push([new RegExp(String(body.message_id), 'g'), '3EB0FFFFFFFFFFFFFFFF'])
    await show(
      'A send was delivered',
      'With `LARAVEL_MESSAGE_STATUS=true`; `client_ref` and `metadata` came with the send.',
      '/messages/status',
      ({ status }) => status === 'delivered',
    )
  })

  it('shows a pairing code', async () => {
    await world.call('POST', '/start', { session_id: 'second', user_id: 2, phone_number: '34600000009' })
    await show(
      'A pairing code',
      'For a session that was started with a `phone_number`.',
      '/pairing-code',
      () => true,
    )
    examples.at(-1)!.body.code = 'K7XM2B9Q'
  })

  it('shows a passkey', async () => {
    const phone = world.simulator.phone('34600000008', { name: 'Third' })
    phone.demandPasskey({})
    const before = world.laravel.accepted('/qr').length
    await world.call('POST', '/start', { session_id: 'third', user_id: 3 })
    await vi.waitFor(() => expect(world.laravel.accepted('/qr').length).toBeGreaterThan(before), {
      timeout: 20_000,
    })
    phone.scan(String(world.laravel.accepted('/qr').at(-1)!.qr)).catch(() => {})
    await show(
      'A passkey is demanded',
      'With `passkey` in `LARAVEL_EVENTS`; [passkey.md](passkey.md) says what to do.',
      '/whatsapp/events',
      ({ type }) => type === 'passkey',
    )
  })

  it.each([
    ['page', PAGE, webhookPage],
    ['examples of the OpenAPI document', EXAMPLES, exampleFile],
  ])('is the %s that stands there', async (_, file, write) => {
    const text = write(examples)
    if (process.env.UPDATE_DOCS) await writeFile(file, text)
    expect(await readFile(file, 'utf8')).toBe(text)
  })
})
