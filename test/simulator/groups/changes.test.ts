import type { BinaryNode } from '@whiskeysockets/baileys'
import { expect, it, vi } from 'vitest'
import { startSimulator } from '../start-simulator.ts'

const soon = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 10 })

const SHOP = '34600000001'
const ANA = '34600000002'
const EVA = '34600000003'

async function inGroup(addressing: 'pn' | 'lid' = 'lid') {
  const world = await startSimulator()
  const { one, device } = await world.linked(SHOP)
  const group = world.simulator.group('Shop', [ANA, SHOP], { addressing })
  const heard: BinaryNode[] = []
  one.socket!.ws.prependListener('CB:notification', (node: BinaryNode) => heard.push(node))
  const next = () => soon(() => expect(heard.length).toBeGreaterThan(0)).then(() => heard.shift()!)
  return { ...world, one, device, group, next, heard }
}

const childrenOf = (node: BinaryNode | undefined) => (node?.content ?? []) as BinaryNode[]
const lines = (node: BinaryNode) =>
  childrenOf(node).map(child => [
    child.tag,
    ...childrenOf(child).map(({ tag, attrs }) => ({ tag, ...attrs })),
  ])

it('several changes are one notification, people by LID with their numbers', async () => {
  const { simulator, group, next } = await inGroup()
  const [ana, eva] = [ANA, EVA].map(pn => simulator.contact(pn).account)
  const changes = [{ add: [EVA], reason: 'invite' as const }, { subject: 'Team' }]
  const id = simulator.changeGroup(group.jid, changes, { author: ANA })
  const node = await next()
  expect(node.attrs).toMatchObject({
    id,
    type: 'w:gp2',
    from: group.jid,
    participant: ana!.lidJid,
    participant_pn: ana!.jid,
    addressing_mode: 'lid',
  })
  expect(lines(node)).toEqual([
    ['add', { tag: 'participant', jid: eva!.lidJid, phone_number: eva!.jid }],
    ['subject'],
  ])
  expect([group.members, group.subject]).toEqual([[ANA, SHOP, EVA], 'Team'])
})

it('people are named without numbers, or by number, as wanted', async () => {
  const byLid = await inGroup()
  const ana = byLid.simulator.contact(ANA).account
  byLid.simulator.changeGroup(byLid.group.jid, [{ remove: [ANA] }], { author: ANA, numbers: false })
  const left = await byLid.next()
  expect(left.attrs).not.toHaveProperty('participant_pn')
  expect(lines(left)).toEqual([['remove', { tag: 'participant', jid: ana.lidJid }]])

  const byNumber = await inGroup('pn')
  const other = byNumber.simulator.contact(ANA).account
  byNumber.simulator.changeGroup(byNumber.group.jid, [{ promote: [ANA] }])
  const promoted = await byNumber.next()
  expect(promoted.attrs).not.toHaveProperty('participant')
  expect(lines(promoted)).toEqual([
    ['promote', { tag: 'participant', jid: other.jid, lid: other.lidJid, type: 'admin' }],
  ])
})

it('who is put out is told, and hears nothing afterwards', async () => {
  const { simulator, group, next, heard, device } = await inGroup()
  simulator.changeGroup(group.jid, [{ remove: [SHOP] }], { author: ANA })
  expect(lines(await next())[0]![0]).toBe('remove')
  simulator.changeGroup(group.jid, [{ subject: 'Secret' }], { author: ANA })
  await soon(() => expect(device.pending).toBe(0))
  expect(heard).toEqual([])
})

it('a wish to be let in names who wants it beside its author', async () => {
  const { simulator, group, next } = await inGroup()
  const eva = simulator.contact(EVA).account
  simulator.changeGroup(group.jid, [{ asks: EVA }, { description: null }], { author: ANA })
  expect(lines(await next())).toEqual([
    ['created_membership_requests', { tag: 'requested_user', jid: eva.lidJid, phone_number: eva.jid }],
    ['description', { tag: 'delete' }],
  ])
})

it('a notification is kept until it is acknowledged', async () => {
  const { simulator, group, one, device, heard } = await inGroup()
  await one.end()
  await soon(() => expect(device.online).toBe(false))
  simulator.changeGroup(group.jid, [{ setting: 'announcement' }], { author: ANA })
  simulator.dirtyGroup(group.jid)
  simulator.contact(EVA).tellNumberChange(SHOP, '34600000009')
  simulator.contact(EVA).changePicture(SHOP, { removed: true })
  expect(device.pending).toBe(4)
  one.connect().socket!.ws.prependListener('CB:notification', (node: BinaryNode) => heard.push(node))
  await soon(() => expect(heard).toHaveLength(4))
  expect(
    heard.map(({ attrs, content }) => [attrs.from, attrs.type, (content as BinaryNode[])[0]!.tag]),
  ).toEqual([
    [group.jid, 'w:gp2', 'announcement'],
    ['g.us', 'w:gp2', 'groups_dirty'],
    ['s.whatsapp.net', 'contacts', 'modify'],
    [simulator.contact(EVA).account.lidJid, 'picture', 'delete'],
  ])
  await soon(() => expect(device.pending).toBe(0))
})
