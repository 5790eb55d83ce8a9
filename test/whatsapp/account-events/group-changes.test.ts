import { afterEach, expect, it, vi } from 'vitest'
import type { ChangeOptions, GroupChange } from '../../../simulator/groups/changes.ts'
import type { Group } from '../../../simulator/groups/group.ts'
import type { GroupEvent } from '../../../src/messages/account-event.ts'
import { createWorld, type Owner, WAIT, type World } from '../world.ts'

const SHOP = '34600000001'
const ANA = '34600000002'
const EVA = '34600000003'
const LEO = '34600000004'

let world: World
let shop: Owner
let group: Group
afterEach(async () => {
  const { wrong, unanswered } = world.sim.ledger
  expect([...wrong.filter(({ tag }) => tag !== 'clean'), ...unanswered]).toEqual([])
  await world.close()
})

async function open(addressing: 'pn' | 'lid' = 'lid', accountEvents: ('group' | 'contact')[] = ['group']) {
  world = await createWorld({ accountEvents })
  shop = await world.linked(SHOP)
  group = world.sim.group('Team', [ANA, SHOP, EVA], { addressing })
  await shop.opened()
}
const lidOf = (pn: string) => world.sim.contact(pn).account.lidJid
const soon = (check: () => void) => vi.waitFor(check, WAIT)
const nothingKept = () => soon(() => expect(world.sim.phone(SHOP).devices[0]!.pending).toBe(0))
const change = async (changes: GroupChange[], options: ChangeOptions = {}) => {
  const before = shop.happened_.length
  world.sim.changeGroup(group.jid, changes, { author: ANA, ...options })
  await nothingKept()
  return shop.happened_.slice(before) as GroupEvent[]
}
const short = (events: GroupEvent[]) =>
  events.map(({ action, participants }) => [action, ...participants.map(({ phone }) => phone)])

it('Every child of a notification is told, people by LID and number', async () => {
  await open()
  const events = await change([
    { add: [LEO], reason: 'invite' },
    { promote: [LEO, EVA] },
    { subject: 'Crew' },
  ])
  const [leo, eva] = [LEO, EVA].map(pn => ({ jid: lidOf(pn), phone: pn }))
  const by = { type: 'group', jid: group.jid, author: lidOf(ANA), author_phone: ANA, setting: null }
  expect(events).toEqual([
    { ...by, action: 'add', participants: [leo], subject: null },
    { ...by, action: 'promote', participants: [leo, eva], subject: null },
    { ...by, action: 'subject', participants: [], subject: 'Crew' },
  ])
})

it.each(['lid', 'pn'] as const)('Who removes nobody but himself leaves, named by %s', async addressing => {
  await open(addressing)
  expect(short(await change([{ demote: [EVA] }, { remove: [EVA] }]))).toEqual([
    ['demote', EVA],
    ['remove', EVA],
  ])
  expect(short(await change([{ remove: [ANA] }], { author: ANA }))).toEqual([['leave', ANA]])
})

it.each([true, false])('It is told that the account itself was put out, with numbers: %s', async numbers => {
  await open()
  const events = await change([{ remove: [SHOP] }], { numbers })
  expect(events).toMatchObject([{ action: 'remove', participants: [{ jid: lidOf(SHOP) }] }])
})

it('Without numbers people are named as they were learnt, else by LID alone', async () => {
  await open()
  await world.sim.contact(EVA).say(SHOP, 'hello')
  await shop.texts(1)
  const events = await change([{ demote: [EVA, LEO] }], { numbers: false })
  expect(events[0]!.participants).toEqual([
    { jid: lidOf(EVA), phone: EVA },
    { jid: lidOf(LEO), phone: null },
  ])
})

it.each([
  [{ setting: 'announcement' }, 'announcement', null],
  [{ setting: 'not_announcement' }, 'not_announcement', null],
  [{ setting: 'locked' }, 'locked', null],
  [{ setting: 'unlocked' }, 'unlocked', null],
  [{ setting: 'ephemeral', attributes: { expiration: '86400' } }, 'ephemeral', '86400'],
  [{ setting: 'not_ephemeral' }, 'not_ephemeral', null],
  [{ setting: 'invite', attributes: { code: 'abc' } }, 'invite', null],
  [{ setting: 'member_add_mode', words: 'admin_add' }, 'member_add_mode', 'admin_add'],
  [
    { setting: 'membership_approval_mode', children: [{ tag: 'group_join', attrs: { state: 'on' } }] },
    'membership_approval_mode',
    'on',
  ],
  [{ setting: 'suspended' }, 'suspended', null],
  [{ setting: 'growth_locked', attributes: { reason: 'invite' } }, 'growth_locked', 'invite'],
] satisfies [GroupChange, string, string | null][])('%o is a setting', async (given, name, value) => {
  await open()
  expect(await change([given])).toMatchObject([{ action: 'settings', setting: { name, value } }])
})

it('A description, a new group and the end of one are told; wishes to be let in are not', async () => {
  await open()
  const events = await change([
    { description: 'Rules' },
    { asks: LEO },
    { revokes: LEO },
    { description: null },
    { setting: 'what_nobody_knows' },
    { create: true },
    { delete: true },
  ])
  expect(short(events)).toEqual([['description'], ['description'], ['add', ANA, SHOP, EVA], ['remove']])
  expect(events[2]!.subject).toBe('Team')
})

it('Who wants to be let in is no member yet, whoever asks', async () => {
  await open()
  expect(await change([{ wishes: true }], { author: LEO })).toEqual([])
  expect(await change([{ asks: LEO }], { author: EVA })).toEqual([])
})

it('Without an author nobody is named, and nobody leaves', async () => {
  await open()
  world.sim.changeGroup(group.jid, [{ remove: [EVA] }])
  await nothingKept()
  expect(shop.happened_).toMatchObject([{ action: 'remove', author: null, author_phone: null }])
})

it('What WhatsApp tells again is told once', async () => {
  await open()
  const stored = Promise.withResolvers<void>()
  const keep = shop.happened.bind(shop)
  shop.happened = async events => {
    await keep(events)
    // Durable, and the socket ends before its acknowledgement leaves.
    await stored.promise
  }
  world.sim.changeGroup(group.jid, [{ add: [LEO] }, { subject: 'Crew' }], { author: ANA })
  await soon(() => expect(shop.happened_).toHaveLength(2))
  await shop.socket!.end()
  expect(world.sim.phone(SHOP).devices[0]!.pending).toBe(1)
  shop.happened = keep
  await shop.opened()
  await nothingKept()
  stored.resolve()
  expect(shop.happened_).toHaveLength(2)
})

it('Sends go to who is in the group now, also when the change is no first child, or its people have no number', async () => {
  await open('lid', [])
  const { socket } = shop
  const send = (id: string) => socket!.send(id, { type: 'text', to: group.jid, body: id, reply_to: null })
  const leo = world.sim.contact(LEO)
  await send('A1')
  await world.sim.contact(EVA).next()
  world.sim.changeGroup(group.jid, [{ setting: 'locked' }, { add: [LEO] }], { author: ANA, numbers: false })
  await nothingKept()
  await send('A2')
  expect((await leo.next()).id).toBe('A2')
  // The account was away, or the server just says so.
  group.add('34600000005')
  world.sim.dirtyGroup(group.jid)
  await nothingKept()
  await send('A3')
  expect((await world.sim.contact('34600000005').next()).id).toBe('A3')
})

it('Another number is told once, however many groups and notifications tell it; another picture each time', async () => {
  await open('lid', ['contact'])
  const eva = world.sim.contact(EVA)
  eva.tellNumberChange(SHOP, LEO)
  await nothingKept()
  world.sim.changeGroup(group.jid, [{ newNumber: LEO }], { author: EVA })
  eva.changePicture(SHOP)
  eva.changePicture(SHOP, { removed: true, addressing: 'pn' })
  await nothingKept()
  const person = { type: 'contact', name: null }
  const nobody = { old_jid: null, old_phone: null }
  expect(shop.happened_).toMatchObject([
    { ...person, phone: LEO, change: 'number', old_phone: EVA, has_picture: null },
    { ...person, ...nobody, change: 'picture', has_picture: true },
    { ...person, ...nobody, phone: EVA, change: 'picture', has_picture: false },
  ])
})

it('No message is made of any of it', async () => {
  await open('lid', ['group', 'contact'])
  await change([
    { setting: 'ephemeral', attributes: { expiration: '86400' } },
    { add: [LEO] },
    { subject: 'Crew' },
  ])
  await change([{ newNumber: LEO }], { author: EVA })
  await world.sim.contact(EVA).say(group.jid, 'still here')
  expect(await shop.texts(1)).toEqual(['still here'])
})
