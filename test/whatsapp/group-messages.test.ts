import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { SendContent } from '../../src/messages/send.ts'
import type { Write } from '../../src/ports/store.ts'
import { decodeKey } from '../../src/whatsapp/keys/key-codec.ts'
import { GatedStore } from './gated-store.ts'
import { createWorld, type Owner, WAIT, type World } from './world.ts'

const PN = '34600000001'
let world: World
let gate: GatedStore
let owner: Owner
let witness: Owner
beforeAll(async () => {
  world = await createWorld()
  gate = new GatedStore(world.store)
  owner = await world.linked(PN)
  owner.via = world.another({}, gate.store)
  owner.on = gate.store
  await owner.opened()
  witness = await world.linked('34600000002')
  await witness.opened()
})
afterEach(() => {
  expect(world.sim.ledger.unanswered).toEqual([])
  expect(world.sim.ledger.errors).toEqual([])
  expect(world.sim.ledger.undecryptable).toEqual([])
})
afterAll(() => world.close())

const text = (to: string, body: string): SendContent => ({ type: 'text', to, body, reply_to: null })
const writes = (wanted: string) => (write: Write) => write.keys?.some(({ type }) => type === wanted) === true
const putsRow = ({ inbox }: Write) => inbox?.some(row => 'put' in row) === true
const inGroup = (jid: string) => owner.received_.filter(({ message }) => message.chat_id === jid)
const bodies = (jid: string) => inGroup(jid).map(({ message }) => message.body)
const told = (jid: string, count: number) =>
  vi.waitFor(() => expect(bodies(jid)).toHaveLength(count), { ...WAIT, timeout: 40_000 })
const nothingUnfinished = () => vi.waitFor(async () => expect(await owner.unfinished()).toBe(0), WAIT)

/** Another session's message goes all the way round: what was written before it would have arrived, too. */
async function roundTrip() {
  const id = world.whatsApp.newMessageId()
  await witness.socket!.send(id, text(world.sim.contact('34611000009').account.jid, 'round trip'))
  await witness.update(id, 'delivered')
}

describe('messages of a group', () => {
  it.each([
    'pn',
    'lid',
  ] as const)('are handed over in order when they are addressed by %s', async addressing => {
    const members = ['34611000011', '34611000012'].map(pn => world.sim.contact(pn))
    const group = world.sim.group(`by ${addressing}`, [PN, ...members.map(({ pn }) => pn)], { addressing })
    const said: string[] = []
    for (let i = 0; i < 10; i++) {
      said.push(`g${i}`)
      await members[i % 2]!.say(group.jid, `g${i}`)
    }
    await told(group.jid, 10)
    expect(bodies(group.jid)).toEqual(said)
    const { account } = members[0]!
    const [first] = inGroup(group.jid)
    expect(first!.message).toMatchObject({
      from: account.pn,
      from_lid: account.lidJid,
      is_group: true,
      participant: addressing === 'lid' ? account.lidJid : account.jid,
    })
    expect(first!.dedupeKey).toBe(`${group.jid}|${account.lidJid}|0|${first!.message.message_id}`)
    await nothingUnfinished()
  })

  it('are handed over in order when many new authors write at once', async () => {
    const authors = Array.from({ length: 8 }, (_, i) => world.sim.contact(`3461100010${i}`))
    const group = world.sim.group('strangers', [PN, ...authors.map(({ pn }) => pn)])
    const said: string[] = []
    for (let round = 0; round < 4; round++)
      for (const author of authors) {
        said.push(`${author.pn} ${round}`)
        await author.say(group.jid, said.at(-1)!)
      }
    await told(group.jid, said.length)
    expect(bodies(group.jid)).toEqual(said)
  })
})

describe('the sender key of an author', () => {
  it('is committed with its message; of the two inbox rows of the first stanza the one with the key is done at once', async () => {
    const ana = world.sim.contact('34611000021')
    const group = world.sim.group('two rows', [PN, ana.pn])
    const from = gate.writes.length
    await ana.say(group.jid, 'first')
    await told(group.jid, 1)
    await nothingUnfinished()
    await ana.say(group.jid, 'second')
    await told(group.jid, 2)
    const puts = gate.writes.slice(from).filter(putsRow)
    expect(puts.map(write => [writes('session')(write), writes('sender-key')(write)])).toEqual([
      [true, false],
      [false, true],
      [false, true],
    ])
    expect(puts.map(({ inbox }) => inbox!.length)).toEqual([1, 1, 1])
    // Taking the key in is one commit, too.
    expect(gate.writes.slice(from).filter(writes('sender-key'))).toHaveLength(3)
    await nothingUnfinished()
  })

  it('is durable with the plaintext before a message is acknowledged', async () => {
    const bea = world.sim.contact('34611000022')
    const group = world.sim.group('held', [PN, bea.pn])
    await bea.say(group.jid, 'warm up')
    await told(group.jid, 1)
    const held = gate.hold(putsRow)
    const { id } = await bea.say(group.jid, 'held')
    await held.reached
    await roundTrip()
    const acknowledged = () => world.sim.ledger.acknowledged.some(entry => entry.id === id)
    expect(acknowledged()).toBe(false)
    expect(bodies(group.jid)).toEqual(['warm up'])
    held.release()
    await told(group.jid, 2)
    await vi.waitFor(() => expect(acknowledged()).toBe(true), WAIT)
  })

  it('is kept when its stanza comes again because the message in it was not decrypted, and the message is handed over once', async () => {
    const cleo = world.sim.contact('34611000023')
    const group = world.sim.group('torn', [PN, cleo.pn])
    const facts = owner.facts.length
    gate.refuse = write => putsRow(write) && writes('sender-key')(write)
    await cleo.say(group.jid, 'torn')
    await owner.fact('socket.closed', facts)
    gate.refuse = undefined
    await owner.opened()
    await cleo.say(group.jid, 'after')
    await told(group.jid, 2)
    expect(bodies(group.jid)).toEqual(['torn', 'after'])
    const name = `${group.jid}::${cleo.account.lidJid.split('@')[0]}_1::0`
    const { [name]: record } = await world.store.keys.get(owner.streamId, 'sender-key', [name])
    expect(JSON.parse(String(decodeKey('sender-key', record!)))).toHaveLength(1)
    await nothingUnfinished()
  })
})

describe('our own sender key', () => {
  it('is durable before a group message leaves', async () => {
    const ana = world.sim.contact('34611000031')
    const group = world.sim.group('sends', [PN, ana.pn])
    const first = world.whatsApp.newMessageId()
    await owner.socket!.send(first, text(group.jid, 'first'))
    expect(await ana.next()).toMatchObject({ id: first, text: 'first', group: group.jid })
    const id = world.whatsApp.newMessageId()
    const held = gate.hold(writes('sender-key'))
    const sent = owner.socket!.send(id, text(group.jid, 'held'))
    await held.reached
    await roundTrip()
    expect(world.sim.ledger.accepted.some(entry => entry.id === id)).toBe(false)
    held.release()
    await sent
    expect(await ana.next()).toMatchObject({ id, text: 'held' })
    await owner.update(id, 'sent')
  })

  it('is sent to everybody again when the message that carried it was lost on the way', async () => {
    const bea = world.sim.contact('34611000032')
    // From then on all that is needed to write to her is known, and her group's key alone is new.
    const warm = world.sim.group('warm', [PN, bea.pn])
    await owner.socket!.send(world.whatsApp.newMessageId(), text(warm.jid, 'warm up'))
    await bea.next()
    const group = world.sim.group('lost', [PN, bea.pn])
    const held = gate.hold(writes('sender-key'))
    const id = world.whatsApp.newMessageId()
    const sent = owner.socket!.send(id, text(group.jid, 'lost'))
    await held.reached
    await world.sim.fault({ kind: 'deaf', account: PN })
    held.release()
    await sent
    await world.sim.fault({ kind: 'reset', account: PN })
    await world.sim.heal()
    await owner.socket!.end()
    await owner.opened()
    await owner.socket!.send(id, text(group.jid, 'lost'))
    expect(await bea.next()).toMatchObject({ id, text: 'lost' })
  })

  it('is sent to everybody again when WhatsApp refused the message that carried it', async () => {
    const cleo = world.sim.contact('34611000033')
    const group = world.sim.group('refused', [PN, cleo.pn])
    const refused = world.whatsApp.newMessageId()
    world.sim.errorAck(PN, 429)
    await owner.socket!.send(refused, text(group.jid, 'refused'))
    await owner.update(refused, 'failed')
    const stale = world.whatsApp.newMessageId()
    world.sim.errorAck(PN, 479)
    await owner.socket!.send(stale, text(group.jid, 'stale'))
    await owner.update(stale, 'sent')
    expect(await cleo.next()).toMatchObject({ id: stale, text: 'stale' })
  })

  it('is sent to each device once: later messages carry none and cost one commit', async () => {
    const dora = world.sim.contact('34611000034')
    const group = world.sim.group('once', [PN, dora.pn])
    for (const body of ['first', 'second', 'third']) {
      const from = gate.writes.length
      const id = world.whatsApp.newMessageId()
      await owner.socket!.send(id, text(group.jid, body))
      expect(await dora.next()).toMatchObject({ id, text: body })
      await owner.update(id, 'sent')
      if (body === 'first') {
        const known = () => world.store.keys.get(owner.streamId, 'sender-key-memory', [group.jid])
        await vi.waitFor(async () => expect(Object.keys(await known())).toEqual([group.jid]), WAIT)
        continue
      }
      const later = gate.writes.slice(from).filter(({ keys }) => keys !== undefined)
      expect(later.map(({ keys }) => keys!.map(({ type }) => type))).toEqual([['sender-key']])
    }
  })
})

it('four authors and our own sends at once are all decrypted on both sides, in order, none twice', async () => {
  const authors = Array.from({ length: 4 }, (_, i) => world.sim.contact(`3461100004${i}`))
  const group = world.sim.group('busy', [PN, ...authors.map(({ pn }) => pn)])
  const inbox = () => authors[0]!.inbox.filter(message => message.group === group.jid)
  const sends = Array.from({ length: 30 }, (_, i) => ({
    id: world.whatsApp.newMessageId(),
    body: `own ${i}`,
  }))
  const queue = sends.values()
  const sender = async () => {
    for (const { id, body } of queue) await owner.socket!.send(id, text(group.jid, body))
  }
  const sayer = async (author: (typeof authors)[number]) => {
    for (let i = 0; i < 20; i++) await author.say(group.jid, `${author.pn} ${i}`)
  }
  await Promise.all([...authors.map(sayer), ...Array.from({ length: 4 }, sender)])
  await told(group.jid, 80)
  for (const { pn } of authors)
    expect(bodies(group.jid).filter(body => body?.startsWith(pn))).toEqual(
      Array.from({ length: 20 }, (_, i) => `${pn} ${i}`),
    )
  await vi.waitFor(() => expect(inbox().filter(({ from }) => from === PN)).toHaveLength(30), WAIT)
  expect(
    inbox()
      .filter(({ from }) => from === PN)
      .map(({ text }) => text)
      .sort(),
  ).toEqual(sends.map(({ body }) => body).sort())
  await nothingUnfinished()
}, 90_000)
