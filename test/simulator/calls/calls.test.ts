import type { BinaryNode } from '@whiskeysockets/baileys'
import { expect, it, vi } from 'vitest'
import type { Call } from '../../../simulator/calls/call.ts'
import { stanza } from '../../../simulator/protocol/stanza.ts'
import { startSimulator } from '../start-simulator.ts'

const soon = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 10 })

const SHOP = '34600000001'
const ANA = '34600000002'

/** A linked device that hears of calls and says what the test wants. */
async function listening() {
  const world = await startSimulator()
  const { one, device } = await world.linked(SHOP)
  const heard: BinaryNode[] = []
  one.socket!.ws.prependListener('CB:call', (node: BinaryNode) => heard.push(node))
  const say = (node: BinaryNode) => one.socket!.sendNode(node)
  const call = async (options = {}) => {
    const made = world.simulator.contact(ANA, { name: 'Ana' }).call(SHOP, options)
    await soon(() => expect(heard.length).toBeGreaterThan(0))
    return made
  }
  const ack = (node: BinaryNode, type?: string) =>
    say(stanza('ack', { class: 'call', id: node.attrs.id, to: node.attrs.from, type }))
  return { ...world, one, device, heard, say, call, ack }
}

const rejectOf = (
  call: Call,
  from: string,
  more: Record<string, string> = {},
  about: Record<string, string> = {},
) =>
  stanza('call', { to: call.creator, from, id: 'R1', ...more }, [
    stanza('reject', { 'call-id': call.id, 'call-creator': call.creator, count: '0', ...about }),
  ])
const receiptOf = (node: BinaryNode, call: Call) =>
  stanza('receipt', { to: node.attrs.from, id: node.attrs.id }, [
    stanza('offer', { 'call-id': call.id, 'call-creator': call.creator }),
  ])

it('An offer names the caller by LID, with its number beside the call', async () => {
  const { call, heard, simulator } = await listening()
  const { id } = await call({ video: true, device: 7 })
  const ana = simulator.contact(ANA).account
  const creator = `${ana.lid}:7@lid`
  expect(heard[0]!.attrs).toMatchObject({ from: creator, notify: 'Ana', id: expect.any(String) })
  const [offer] = heard[0]!.content as BinaryNode[]
  expect(offer!.attrs).toEqual({ 'call-id': id, 'call-creator': creator, caller_pn: ana.jid })
  expect((offer!.content as BinaryNode[]).map(({ tag }) => tag)).toEqual(['audio', 'video', 'net', 'enc'])
})

it('An offer is kept until it is acknowledged as an offer and its caller knows that it rings', async () => {
  const { call, heard, ack, say, device, simulator } = await listening()
  const made = await call()
  // Baileys acks without a type.
  await soon(() => expect(simulator.ledger.wrong.map(({ tag }) => tag)).toEqual(['ack']))
  expect(device.pending).toBe(1)
  await ack(heard[0]!, 'offer')
  await say(receiptOf(heard[0]!, made))
  await soon(() => expect(device.pending).toBe(0))
  expect([...made.ringsOn]).toEqual([device.jid])
})

it.each([
  ['another creator', {}, { 'call-creator': '1@lid' }],
  ['another call', {}, { 'call-id': 'NONE' }],
  ['the number', { from: `${SHOP}@s.whatsapp.net` }, {}],
  ['no count', {}, { count: '' }],
])('A reject with %s does not stop the ringing', async (_, attributes, about) => {
  const { call, say, device, simulator } = await listening()
  const made = await call()
  await say(rejectOf(made, device.account.lidJid, attributes, about))
  await soon(() => expect(simulator.ledger.wrong.map(({ tag }) => tag)).toContain('call'))
  expect(made.state).toBe('ringing')
})

it('A reject as the offer had it ends the call, for other devices too', async () => {
  const { call, say, device, simulator } = await listening()
  const { device: other } = await simulator.enroll(SHOP)
  const made = await call()
  await say(rejectOf(made, device.account.lidJid))
  await soon(() => expect(made.state).toBe('rejected'))
  const kept = [...other.mailbox.stanzas()].map(({ node }) => (node.content as BinaryNode[])[0]!)
  expect(kept.map(({ tag, attrs }) => [tag, attrs.reason])).toEqual([
    ['offer', undefined],
    ['terminate', 'rejected_elsewhere'],
  ])
})

it('A call that nobody was there for is told at the next login', async () => {
  const { one, heard, simulator, device, ack } = await listening()
  await one.end()
  await soon(() => expect(device.online).toBe(false))
  const made = simulator.contact(ANA).call(SHOP)
  made.end('timeout')
  one.connect().socket!.ws.prependListener('CB:call', (node: BinaryNode) => heard.push(node))
  await soon(() => expect(heard).toHaveLength(2))
  expect(heard.map(({ attrs }) => attrs.offline)).toEqual(['0', '1'])
  await ack(heard[0]!, 'offer')
  await ack(heard[1]!, 'terminate')
  // Nobody waits for a receipt of what is over.
  await soon(() => expect(device.pending).toBe(0))
})
