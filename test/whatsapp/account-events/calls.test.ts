import { afterEach, expect, it, vi } from 'vitest'
import type { CallOptions } from '../../../simulator/calls/call.ts'
import { createWorld, type Owner, WAIT, type World } from '../world.ts'

const SHOP = '34600000001'
const ANA = '34600000002'
const EVA = '34600000003'

let world: World
let shop: Owner
afterEach(async () => {
  const { wrong, unanswered } = world.sim.ledger
  expect([...wrong.filter(({ tag }) => tag !== 'clean'), ...unanswered]).toEqual([])
  await world.close()
})

async function open(config: Parameters<typeof createWorld>[0] = {}) {
  world = await createWorld({ accountEvents: ['call'], ...config })
  shop = await world.linked(SHOP)
  await shop.opened()
}
const ring = (options: CallOptions = {}, from = ANA) => world.sim.contact(from).call(SHOP, options)
const told = () => shop.happened_.map(event => (event.type === 'call' ? event.status : event.type))
const soon = (check: () => void) => vi.waitFor(check, WAIT)
const device = () => world.sim.phone(SHOP).devices[0]!
const nothingKept = () => soon(() => expect(device().pending).toBe(0))

it('A call rings under both names of its caller, who hears that it does', async () => {
  await open()
  const call = ring({ video: true, device: 7 })
  await nothingKept()
  expect([...call.ringsOn]).toEqual([device().jid])
  expect(shop.happened_).toEqual([
    {
      type: 'call',
      call_id: call.id,
      from: ANA,
      from_lid: call.caller.lidJid,
      is_video: true,
      is_group: false,
      status: 'ringing',
    },
  ])
})

it('A caller is named by number, and by what was learnt when the call does not say', async () => {
  await open()
  const { caller } = ring({ addressing: 'pn' })
  await soon(() => expect(shop.happened_).toMatchObject([{ from: ANA, from_lid: caller.lidJid }]))
  ring({ anonymous: true }, EVA)
  await soon(() => expect(shop.happened_[1]).toMatchObject({ from: null }))
  await nothingKept()
})

it.each([
  ['timeout', 'missed'],
  [undefined, 'missed'],
  ['accepted_elsewhere', 'answered_elsewhere'],
  ['rejected_elsewhere', 'rejected'],
] as const)('A call that ends with %s was %s, once', async (reason, status) => {
  await open()
  const call = ring()
  call.tell('preaccept')
  call.tell('transport')
  call.tell('relaylatency', { latency: 42 })
  call.end(reason)
  call.tell('terminate', { reason })
  await nothingKept()
  expect(told()).toEqual(['ringing', status])
})

it.each([
  ['accept', undefined, ['ringing', 'answered_elsewhere']],
  ['reject', undefined, ['ringing', 'rejected']],
  // One of its devices is on the phone; the others ring on, until the caller hangs up.
  ['reject', 'busy', ['ringing', 'missed']],
] as const)('A call that another device of the account answers with %s, reason %s, is told as %j', async (tag, reason, statuses) => {
  await open()
  const call = ring()
  call.tellBy(world.sim.phone(SHOP).account, tag, { reason })
  if (reason === 'busy') call.end()
  await nothingKept()
  expect(told()).toEqual(statuses)
})

it.each([
  ['timeout', ['missed']],
  ['accepted_elsewhere', ['answered_elsewhere']],
  ['rejected_elsewhere', ['rejected']],
  [undefined, []],
] as const)('The end, by %s, of a call that was never heard of is told as %j', async (reason, statuses) => {
  world = await createWorld({ accountEvents: ['call'] })
  world.sim.phone(SHOP)
  const call = ring()
  shop = await world.linked(SHOP)
  await shop.opened()
  call.end(reason)
  await nothingKept()
  expect(told()).toEqual(statuses)
})

it('The end of a call is known after a restart, with what its offer said', async () => {
  await open()
  const call = ring({ video: true })
  await nothingKept()
  await shop.socket!.end()
  call.end('timeout')
  await shop.opened()
  await nothingKept()
  expect(shop.happened_.at(-1)).toMatchObject({
    call_id: call.id,
    from: ANA,
    is_video: true,
    status: 'missed',
  })
})

it('A call that nobody was there for is missed, and answered elsewhere if that comes next', async () => {
  await open()
  await shop.socket!.end()
  ring().end('timeout')
  ring({}, EVA).end('accepted_elsewhere')
  await shop.opened()
  await nothingKept()
  expect(told()).toEqual(['missed', 'missed', 'answered_elsewhere'])
})

it('A silenced call does not ring', async () => {
  await open()
  const call = ring({ silenced: true })
  call.end('timeout')
  await nothingKept()
  expect(told()).toEqual(['missed'])
})

it('A call of a group is one, also when it is a notice only; no message is made of it', async () => {
  await open()
  const group = world.sim.group('Team', [ANA, SHOP, EVA])
  world.sim.contact(ANA).call(group.jid)
  world.sim.contact(ANA).call(group.jid, { notice: true, video: true })
  await nothingKept()
  expect(shop.happened_).toMatchObject([
    { is_group: true, is_video: false, from: ANA },
    { is_group: true, is_video: true, from: ANA },
  ])
  expect(shop.received_).toEqual([])
})

it('Others who accept or reject a group call do not answer for the account', async () => {
  await open()
  const group = world.sim.group('Team', [ANA, SHOP, EVA])
  const call = world.sim.contact(ANA).call(group.jid)
  call.tell('accept')
  call.tell('reject')
  call.end('group_call_ended')
  await nothingKept()
  expect(told()).toEqual(['ringing', 'missed'])
})

it('REJECT_CALLS refuses what rings, by LID and by number, and nothing that is over', async () => {
  await open({ rejectCalls: true })
  for (const options of [{ device: 3 }, { addressing: 'pn' }] satisfies CallOptions[]) {
    const call = ring(options)
    await soon(() => expect(call.state).toBe('rejected'))
    await soon(() => expect(told().slice(-2)).toEqual(['ringing', 'rejected']))
  }
  expect(told()).toHaveLength(4)
  await nothingKept()
  await shop.socket!.end()
  const missed = ring()
  await shop.opened()
  await nothingKept()
  expect([missed.state, told().at(-1)]).toEqual(['ringing', 'missed'])
})

it('Nobody is told and nothing is kept when nobody wants to know; calls are refused all the same', async () => {
  await open({ accountEvents: ['group'], rejectCalls: true })
  const call = ring()
  await soon(() => expect(call.state).toBe('rejected'))
  await nothingKept()
  expect(shop.happened_).toEqual([])
})

it('WhatsApp hears that a call arrived once it is durable, and tells it again if it does not hear', async () => {
  await open()
  const stored = Promise.withResolvers<void>()
  const keep = shop.happened.bind(shop)
  shop.happened = async events => {
    await stored.promise
    return keep(events)
  }
  const call = ring()
  await soon(() => expect(device().mailbox.size).toBe(1))
  // What Baileys writes meanwhile waits behind it.
  await new Promise(resolve => setImmediate(resolve))
  expect([device().pending, [...call.ringsOn]]).toEqual([1, []])
  stored.reject(new Error('the disk is full'))
  await shop.socket!.end()
  shop.happened = keep
  await shop.opened()
  await nothingKept()
  expect(told()).toEqual(['missed'])
})
