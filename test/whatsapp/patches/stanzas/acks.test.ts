import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createWorld, type Owner, WAIT, type World } from '../../world.ts'
import { nextId, stanza, unreadable } from './stanzas.ts'

const SHOP = '34600000001'
const ANA = '34611000001'

let world: World
let owner: Owner
beforeAll(async () => {
  world = await createWorld({ inboundFromMe: true })
  owner = await world.linked(SHOP)
  await owner.opened()
})
afterAll(() => world.close())

const settled = async () => {
  await vi.waitFor(() => expect(world.sim.unacked).toEqual([]), WAIT)
  expect(world.sim.ledger.wrong).toEqual([])
  expect(world.sim.ledger.unanswered).toEqual([])
}
/** How messages were acknowledged, by their ids. */
const how = (id: string) => world.sim.ledger.acknowledged.filter(line => line.id === id)

it('An ignored status is taken with a receipt, and nobody is told of it', async () => {
  const { id } = await world.sim.contact(ANA).say(SHOP, 'my day', { status: true })
  await settled()
  expect(how(id)).toMatchObject([{ by: 'receipt', type: 'inactive' }])
  expect(owner.received_.filter(({ message }) => message.message_id === id)).toEqual([])
})

it('A status of the own phone, and one without content, are taken as what they are', async () => {
  const own = await world.sim.phone(SHOP).contact.say(SHOP, 'our day', { status: true })
  const empty = await world.sim.contact(ANA).say(SHOP, 'gone', { status: true, unavailable: true })
  await settled()
  expect(how(own.id)[0]).toMatchObject({ by: 'receipt', type: 'sender' })
  expect(how(empty.id)).toMatchObject([{ by: 'ack' }])
})

it.each([
  ['a newsletter', { from: '120363000000000001@newsletter', server_id: '101', type: 'text' }],
  ['a newsletter that edits', { from: '120363000000000001@newsletter', server_id: '101', edit: '8' }],
  ['a contact', { from: 'status@broadcast', participant: '1:2@lid', type: 'media' }],
])('A <status> of %s is acknowledged', async (_, attributes) => {
  world.sim.push(
    SHOP,
    stanza('status', { id: nextId(), t: '1', ...attributes }, [stanza('plaintext', {}, Buffer.of(1))]),
  )
  await settled()
})

it('A call is acknowledged as what it says, and its caller hears it ring', async () => {
  const call = world.sim.contact(ANA).call(SHOP, { device: 3 })
  await vi.waitFor(() => expect([...call.ringsOn]).toHaveLength(1), WAIT)
  call.end('timeout')
  await settled()
})

it('A post of an ignored newsletter is acknowledged', async () => {
  const newsletter = world.sim.newsletter('News')
  newsletter.subscribe(SHOP)
  const { id } = newsletter.post('extra')
  newsletter.post('extra, extra', { notified: true })
  await settled()
  expect(how(id)).toMatchObject([{ by: 'ack' }])
})

it.each(['pn', 'lid'] as const)('What the own phone sends by %s is taken as "sender"', async addressing => {
  const phone = world.sim.phone(SHOP).contact
  world.sim.contact('34611000077')
  for (const anonymous of [undefined, true] as const) {
    const about = anonymous ? { addressing, anonymous } : { addressing }
    const { id } = await phone.say('34611000077', `by ${addressing} ${anonymous}`, about)
    await settled()
    expect(how(id)).toMatchObject([{ by: 'receipt', type: 'sender' }])
    expect(owner.received_.find(({ message }) => message.message_id === id)!.message).toMatchObject({
      from_me: true,
      participant: null,
    })
  }
})

it('What cannot be decrypted is asked for again and acked without an error', async () => {
  const message = unreadable(`${ANA}@s.whatsapp.net`)
  world.sim.push(SHOP, message)
  await vi.waitFor(() => expect(how(message.attrs.id!)).toMatchObject([{ by: 'ack' }]), WAIT)
  expect(how(message.attrs.id!)[0]).not.toHaveProperty('error')
  await settled()
})
