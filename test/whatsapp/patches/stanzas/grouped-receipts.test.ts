import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { statusesInGroupedReceipt } from '../../../../src/whatsapp/patches/stanzas/grouped-receipts.ts'
import { createWorld, type Owner, WAIT, type World } from '../../world.ts'
import { stanza } from './stanzas.ts'

const patch = vi.hoisted(() => ({ isOn: true }))
vi.mock(import('../../../../src/whatsapp/patches/stanzas/grouped-receipts.ts'), async original => {
  const { statusesInGroupedReceipt: statuses } = await original()
  return {
    statusesInGroupedReceipt: (...given) =>
      patch.isOn ? statuses(...given) : statuses(stanza('x'), Date.now),
  }
})

const SHOP = '34600000001'
const MEMBERS = ['34611000001', '34611000002', '34611000003']

let world: World
let owner: Owner
beforeAll(async () => {
  world = await createWorld({}, { receiptDelayMs: 150 })
  owner = await world.linked(SHOP)
  await owner.opened()
})
afterAll(() => world.close())

/** A text to a group of all members, which they all get. */
async function sent(): Promise<string> {
  const group = world.sim.group('All', [SHOP, ...MEMBERS])
  const id = world.whatsApp.newMessageId()
  await owner.socket!.send(id, { type: 'text', to: group.jid, body: 'hello', reply_to: null })
  for (const pn of MEMBERS)
    await vi.waitFor(() => expect(world.sim.contact(pn).inbox.some(one => one.id === id)).toBe(true), WAIT)
  return id
}
const statuses = (id: string) => owner.updates.filter(one => one.messageId === id).map(one => one.status)
const acked = () => vi.waitFor(() => expect(world.sim.unacked).toEqual([]), WAIT)

it('is needed: Baileys tells nobody of a receipt that several members share', async () => {
  patch.isOn = false
  const id = await sent()
  await vi.waitFor(() => expect(world.sim.devices[0]!.mailbox.size).toBeGreaterThan(0), WAIT).catch(() => {})
  await acked()
  expect(statuses(id), 'upstream mended it: drop grouped-receipts.ts').toEqual(['sent'])
})

it('says that a message was delivered, and then read', async () => {
  patch.isOn = true
  const id = await sent()
  await owner.update(id, 'delivered')
  for (const pn of MEMBERS) world.sim.contact(pn).read(id)
  await owner.update(id, 'read')
  await acked()
})

it('reads several messages and several kinds in one, and nothing in any other receipt', () => {
  const user = (jid: string, attrs = {}) => stanza('user', { jid, ...attrs })
  const receipt = stanza('receipt', { from: '1@g.us', id: 'x', t: '5' }, [
    stanza('participants', { key: 'A' }, [
      user('1@lid', { t: '7' }),
      user('2@lid'),
      user('3@lid', { type: 'read', t: '9' }),
    ]),
    stanza('participants', { key: 'B' }, [
      user('1@lid', { type: 'retry' }),
      user('2@lid', { type: 'played' }),
    ]),
    stanza('participants', {}, [user('1@lid')]),
  ])
  expect([...statusesInGroupedReceipt(receipt, () => 1)]).toEqual([
    { messageId: 'A', status: 'delivered', at: 7_000 },
    { messageId: 'A', status: 'read', at: 9_000 },
    { messageId: 'B', status: 'played', at: 5_000 },
  ])
  const { content } = receipt
  const others = [
    { ...receipt, attrs: { ...receipt.attrs, participant: '1@lid' } },
    stanza('receipt', { from: '1@lid', id: 'x', t: '5' }, content),
    stanza('receipt', { from: '1@g.us', id: 'x', t: '5' }),
  ]
  expect(others.flatMap(other => [...statusesInGroupedReceipt(other, () => 1)])).toEqual([])
})
