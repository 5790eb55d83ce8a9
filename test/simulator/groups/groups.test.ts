import { describe, expect, it, vi } from 'vitest'
import type { Group } from '../../../simulator/groups/group.ts'
import type { Simulator } from '../../../simulator/simulator.ts'
import type { Client } from '../baileys-client.ts'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator } from '../start-simulator.ts'

/** Baileys as it is also cleans each login with the timestamp of the one before. */
const wrongAcks = ({ ledger }: Pick<Simulator, 'ledger'>) => ledger.wrong.filter(({ tag }) => tag === 'ack')

silenceConsole()

const SHOP = '34600000001'
const ANA = '34600000002'
const BEA = '34600000003'
const CARL = '34600000004'

const ids = (lines: readonly { id: string }[]) => lines.map(line => line.id)

/** Makes a client forget the sender keys of everybody who spoke in a group. */
async function forgetSenderKeys(one: Client, group: Group, names: string[]) {
  const entries = names.map(lid => [`${group.jid}::${lid}_1::0`, null])
  await one.auth.keys.set({ 'sender-key': Object.fromEntries(entries) })
}

describe('the metadata of a group', () => {
  it.each(['lid', 'pn'] as const)('names members by %s and the other address', async addressing => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    const group = simulator.group('Orders', [ANA, SHOP], { addressing })
    const metadata = await one.socket!.groupMetadata(group.jid)
    expect(metadata).toMatchObject({ id: group.jid, subject: 'Orders', size: 2, addressingMode: addressing })
    const { account } = device
    const expected =
      addressing === 'lid'
        ? [
            { id: ana.account.lidJid, phoneNumber: ana.account.jid, admin: 'superadmin' },
            { id: account.lidJid, phoneNumber: account.jid, admin: null },
          ]
        : [
            { id: ana.account.jid, lid: ana.account.lidJid, admin: 'superadmin' },
            { id: account.jid, lid: account.lidJid, admin: null },
          ]
    expect(metadata.participants).toMatchObject(expected)
    expect(metadata.ownerPn).toBe(ana.account.jid)
    expect(await one.socket!.groupFetchAllParticipating()).toEqual({ [group.jid]: metadata })
  })

  it('is for members only, and follows them', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const group = simulator.group('Private', [ANA, BEA])
    await expect(one.socket!.groupMetadata(group.jid)).rejects.toThrow('forbidden')
    await expect(one.socket!.groupMetadata('120363000000000000@g.us')).rejects.toThrow('item-not-found')
    expect(await one.socket!.groupFetchAllParticipating()).toEqual({})
    group.add(SHOP)
    expect((await one.socket!.groupMetadata(group.jid)).participants).toHaveLength(3)
    group.remove(BEA)
    expect(group.members).toEqual([ANA, SHOP])
    expect((await one.socket!.groupMetadata(group.jid)).participants).toHaveLength(2)
    expect(() => group.remove(BEA)).toThrow('not in Private')
    expect(() => simulator.group('Nobody', ['+34'])).toThrow('not a phone number')
  })
})

describe('a group message to a session', () => {
  it.each(['lid', 'pn'] as const)('arrives with the key once, named by %s', async addressing => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const ana = simulator.contact(ANA, { name: 'Ana' })
    const group = simulator.group('Orders', [ANA, SHOP, BEA], { addressing })
    const encs: string[] = []
    one.socket!.ws.on(
      'CB:message',
      ({ content }: { content: { tag: string; attrs: { type: string } }[] }) => {
        encs.push(content.map(part => part.attrs.type).join('+'))
      },
    )
    const sent: string[] = []
    for (const text of ['first', 'second', 'third']) sent.push((await ana.say(group.jid, text)).id)
    const third = await one.upsert('third')
    expect(one.upserts.map(({ type, text }) => `${type} ${text}`)).toEqual([
      'notify first',
      'notify second',
      'notify third',
    ])
    const [name, other] =
      addressing === 'lid' ? [ana.account.lidJid, ana.account.jid] : [ana.account.jid, ana.account.lidJid]
    expect(third.message).toMatchObject({
      pushName: 'Ana',
      key: { remoteJid: group.jid, fromMe: false, participant: name, participantAlt: other },
    })
    expect(encs).toEqual(['pkmsg+skmsg', 'skmsg', 'skmsg'])
    await vi.waitFor(() => expect(device.pending).toBe(0))
    expect(simulator.ledger.said).toMatchObject(
      sent.map(id => ({ id, from: ANA, to: group.jid, group: group.jid })),
    )
    expect(ids(simulator.ledger.acknowledged)).toEqual(sent)
    expect(simulator.ledger.delivered.map(line => line.group)).toEqual([group.jid, group.jid, group.jid])
    expect(simulator.contact(BEA).inbox.map(line => `${line.from} ${line.group} ${line.text}`)).toEqual(
      ['first', 'second', 'third'].map(text => `${ANA} ${group.jid} ${text}`),
    )
    await vi.waitFor(() => expect(ids(ana.receipts)).toEqual(sent))
  })

  it('keeps its place in the order when many write at once, and while the session is away', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const people = [ANA, BEA, CARL].map(pn => simulator.contact(pn))
    const group = simulator.group('Crowd', [SHOP, ANA, BEA, CARL])
    const round = (from: number) =>
      people.flatMap(person =>
        Array.from({ length: 10 }, (_, n) => person.say(group.jid, `${person.pn} ${from + n}`)),
      )
    await Promise.all(round(0))
    for (const { pn } of people) await one.upsert(`${pn} 9`)
    await one.end()
    await vi.waitFor(() => expect(device.online).toBe(false))
    await Promise.all(round(10))
    expect(device.pending).toBe(30)
    await one.connect().open()
    for (const { pn } of people) expect((await one.upsert(`${pn} 19`)).type).toBe('append')
    for (const { pn } of people) {
      const texts = one.upserts.map(({ text }) => text).filter(text => text.startsWith(pn))
      expect(texts).toEqual(Array.from({ length: 20 }, (_, n) => `${pn} ${n}`))
    }
    await vi.waitFor(() => expect(device.pending).toBe(0))
    expect(simulator.ledger.acknowledged.filter(({ error }) => error)).toEqual([])
  })

  it('brings the key to a device linked later, and to a member who joins later', async () => {
    const { simulator, linked } = await startSimulator()
    const first = await linked(SHOP)
    const ana = simulator.contact(ANA)
    const group = simulator.group('Orders', [ANA, SHOP])
    await ana.say(group.jid, 'for one')
    await first.one.upsert('for one')
    const second = await linked(SHOP)
    const bea = await linked(BEA)
    group.add(BEA)
    await ana.say(group.jid, 'for all')
    for (const { one } of [first, second, bea]) await one.upsert('for all')
    expect(second.one.upserts.map(({ text }) => text)).toEqual(['for all'])
    expect(bea.one.upserts.map(({ text }) => text)).toEqual(['for all'])
  })

  it('reaches nobody who left, and is encrypted under a new key', async () => {
    const { simulator, linked } = await startSimulator()
    const shop = await linked(SHOP)
    const bea = await linked(BEA)
    const ana = simulator.contact(ANA)
    const group = simulator.group('Orders', [ANA, SHOP, BEA])
    await ana.say(group.jid, 'with Bea')
    await bea.one.upsert('with Bea')
    const held = await bea.one.auth.keys.get('sender-key', [`${group.jid}::${ana.account.lid}_1::0`])
    expect(Object.values(held)).toHaveLength(1)
    group.remove(BEA)
    await ana.say(group.jid, 'without Bea')
    await shop.one.upsert('without Bea')
    expect(bea.device.pending).toBe(0)
    expect(bea.one.upserts.map(({ text }) => text)).toEqual(['with Bea'])
    const keyIds = async (one: Client) => {
      const name = `${group.jid}::${ana.account.lid}_1::0`
      const { [name]: record } = await one.auth.keys.get('sender-key', [name])
      const states = JSON.parse(Buffer.from(record!).toString()) as { senderKeyId: number }[]
      return states.map(state => state.senderKeyId)
    }
    expect(await keyIds(bea.one)).toHaveLength(1)
    expect(await keyIds(shop.one)).toHaveLength(2)
    await expect(simulator.contact(BEA).say(group.jid, 'hello?')).rejects.toThrow('is in no group')
    await expect(simulator.contact(ANA).say('120363000000000000@g.us', 'hello?')).rejects.toThrow('no group')
  })

  it('is asked for again by a device that lost the key, and comes under the same id', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP, { retryRequestDelayMs: 0 })
    const ana = simulator.contact(ANA)
    const group = simulator.group('Orders', [ANA, SHOP])
    await ana.say(group.jid, 'fine')
    await one.upsert('fine')
    await forgetSenderKeys(one, group, [ana.account.lid])
    const { id } = await ana.say(group.jid, 'lost once')
    const copy = await one.upsert('lost once')
    expect(copy.message.key).toMatchObject({ id, remoteJid: group.jid, participant: ana.account.lidJid })
    const same = one.upserts.filter(({ message }) => message.key.id === id)
    expect(same.map(({ message }) => message.messageStubType ?? 0)).toEqual([2, 0])
    await ana.say(group.jid, 'fine again')
    await one.upsert('fine again')
    await vi.waitFor(() => expect(device.pending).toBe(0))
    const lines = simulator.ledger.acknowledged.filter(line => line.id === id)
    expect(lines.map(({ by }) => by)).toEqual(['receipt'])
    // Baileys as it is says 500 to what it could not read: the server keeps that.
    expect(wrongAcks(simulator)).toMatchObject([{ attrs: { id }, tag: 'ack', why: 'message: error="500"' }])
  })

  it('is not sent again to a member who left in the meantime, nor is the new key', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(BEA, { retryRequestDelayMs: 0 })
    const ana = simulator.contact(ANA)
    const group = simulator.group('Orders', [ANA, BEA])
    await ana.say(group.jid, 'fine')
    await one.upsert('fine')
    await one.end()
    await vi.waitFor(() => expect(device.online).toBe(false))
    await forgetSenderKeys(one, group, [ana.account.lid])
    const { id } = await ana.say(group.jid, 'too late')
    group.remove(BEA)
    await one.connect().open()
    await vi.waitFor(() =>
      expect(wrongAcks(simulator)).toMatchObject([{ attrs: { id }, why: 'message: error="500"' }]),
    )
    await ana.say(BEA, 'a word in private')
    await one.upsert('a word in private')
    expect(one.upserts.map(({ text }) => text)).not.toContain('too late')
    const name = `${group.jid}::${ana.account.lid}_1::0`
    expect(await one.auth.keys.get('sender-key', [name])).toEqual({})
    await vi.waitFor(() => expect(device.pending).toBe(1))
  })

  it('that its own phone sent is shown to the session', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const group = simulator.group('Orders', [SHOP, ANA])
    await simulator.phone(SHOP).contact.say(group.jid, 'typed on the phone')
    const own = await one.upsert('typed on the phone')
    expect(own.message.key).toMatchObject({ fromMe: true, remoteJid: group.jid })
    expect(simulator.contact(ANA).inbox.map(({ text }) => text)).toEqual(['typed on the phone'])
  })

  it('gets delivery and read receipts, which reach the member who sent it', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    const group = simulator.group('Orders', [SHOP, ANA, BEA])
    const { id } = await ana.say(group.jid, 'read me')
    const { message } = await one.upsert('read me')
    await one.socket!.readMessages([message.key])
    await vi.waitFor(() => expect(ana.receipts.map(({ type }) => type)).toContain('read'))
    expect(ids(ana.receipts)).toEqual([id, id])
    expect(simulator.contact(BEA).receipts).toEqual([])
  })
})

describe('a group message from a session', () => {
  it.each([
    'lid',
    'pn',
  ] as const)('is decrypted by every member, with receipts; named by %s', async addressing => {
    const { simulator, linked } = await startSimulator({ receiptDelayMs: 300, groupedReceipts: false })
    const { one, device } = await linked(SHOP)
    const people = [ANA, BEA].map(pn => simulator.contact(pn))
    for (const person of people) person.autoRead = true
    const group = simulator.group('Orders', [SHOP, ANA, BEA], { addressing })
    const sent: string[] = []
    for (const text of ['first', 'second', 'third'])
      sent.push((await one.socket!.sendMessage(group.jid, { text }))!.key.id!)
    for (const person of people) {
      for (const [n, text] of ['first', 'second', 'third'].entries())
        expect(await person.next()).toMatchObject({ id: sent[n], from: SHOP, group: group.jid, text })
    }
    const receiptsOf = (id: string) => one.groupReceipts.filter(receipt => receipt.id === id)
    await one.until(() => sent.every(id => receiptsOf(id).length === 4), 'two receipts from each')
    for (const { account } of people) {
      const own = receiptsOf(sent[0]!).filter(({ by }) => by === group.addressOf(account))
      expect(own.map(({ group: at, read }) => ({ at, read }))).toEqual([
        { at: group.jid, read: false },
        { at: group.jid, read: true },
      ])
    }
    await vi.waitFor(() => expect(device.pending).toBe(0))
    expect(ids(simulator.ledger.accepted)).toEqual(sent)
    expect(simulator.ledger.accepted[0]).toMatchObject({ from: SHOP, to: group.jid, group: group.jid })
    expect(simulator.ledger.received.map(line => `${line.to} ${line.id} ${line.group}`).sort()).toEqual(
      people.flatMap(({ pn }) => sent.map(id => `${pn} ${id} ${group.jid}`)).sort(),
    )
    expect(simulator.phone(SHOP).contact.copies.map(({ to, text }) => `${to} ${text}`)).toEqual(
      ['first', 'second', 'third'].map(text => `${group.jid} ${text}`),
    )
    expect(simulator.ledger.undecryptable).toEqual([])
  })

  it('is sent again when a member cannot decrypt it', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    const group = simulator.group('Orders', [SHOP, ANA])
    await one.socket!.sendMessage(group.jid, { text: 'hello' })
    await ana.next()
    await ana.forgetSessions(SHOP)
    const sent = await one.socket!.sendMessage(group.jid, { text: 'in the dark' })
    expect(await ana.next()).toMatchObject({ id: sent?.key.id, text: 'in the dark', group: group.jid })
    expect(simulator.ledger.undecryptable).toMatchObject([{ id: sent?.key.id, group: group.jid, to: ANA }])
    await one.socket!.sendMessage(group.jid, { text: 'and on' })
    expect((await ana.next()).text).toBe('and on')
    expect(simulator.ledger.undecryptable).toHaveLength(1)
  })

  it('is not copied by its own phone when copies are off', async () => {
    const { simulator, linked } = await startSimulator({ ownCopies: false })
    const { one } = await linked(SHOP)
    const group = simulator.group('Orders', [SHOP, ANA])
    await one.socket!.sendMessage(group.jid, { text: 'no copy' })
    expect((await simulator.contact(ANA).next()).text).toBe('no copy')
    expect(simulator.phone(SHOP).contact.copies).toEqual([])
  })

  it('is refused to a group it is not in, and fails with an error ack when asked to', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const group = simulator.group('Orders', [SHOP, ANA])
    simulator.errorAck(SHOP, 479)
    const first = await one.socket!.sendMessage(group.jid, { text: 'refused' })
    await one.until(() => one.statuses(first!.key.id!).includes(0), 'an error')
    const metadata = await one.socket!.groupMetadata(group.jid)
    group.remove(SHOP)
    const stale = await linked(SHOP, { cachedGroupMetadata: async () => metadata })
    const { id } = (await stale.one.socket!.sendMessage(group.jid, { text: 'from outside' }))!.key
    await stale.one.until(() => stale.one.statuses(id!).includes(0), 'an error')
    expect(stale.one.stubs(id!)).toEqual(['403'])
    expect(simulator.contact(ANA).inbox).toEqual([])
    expect(simulator.ledger.accepted).toEqual([])
  })

  it('arrives without an ack as often as asked', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const group = simulator.group('Orders', [SHOP, ANA])
    const acks: string[] = []
    one.socket!.ws.on('CB:ack,class:message', (node: { attrs: { id: string } }) => acks.push(node.attrs.id))
    simulator.dropAck(SHOP)
    const sent: (string | null | undefined)[] = []
    for (const text of ['silent', 'acked'])
      sent.push((await one.socket!.sendMessage(group.jid, { text }))?.key.id)
    await vi.waitFor(() => expect(acks).toEqual([sent[1]]))
    await vi.waitFor(() => expect(ids(simulator.contact(ANA).inbox)).toEqual(sent))
  })
})

describe('a group message between sessions', () => {
  it.each([
    'lid',
    'pn',
  ] as const)('passes with its keys, and its receipts go back; named by %s', async addressing => {
    const { simulator, linked } = await startSimulator()
    const shop = await linked(SHOP)
    const desk = await linked(SHOP)
    const bea = await linked(BEA)
    const group = simulator.group('Orders', [SHOP, BEA], { addressing })
    const sent = await shop.one.socket!.sendMessage(group.jid, { text: 'to the devices' })
    const got = await bea.one.upsert('to the devices')
    expect(got.message.key).toMatchObject({
      id: sent?.key.id,
      fromMe: false,
      remoteJid: group.jid,
      participant: group.addressOf(shop.device.account),
    })
    expect((await desk.one.upsert('to the devices')).message.key).toMatchObject({ fromMe: true })
    await bea.one.socket!.sendMessage(group.jid, { text: 'and back' })
    for (const { one } of [shop, desk]) await one.upsert('and back')
    await bea.one.socket!.readMessages([got.message.key])
    await shop.one.until(() => shop.one.groupReceipts.find(({ read }) => read), 'a read receipt')
    await vi.waitFor(() => expect([shop, desk, bea].map(({ device }) => device.pending)).toEqual([0, 0, 0]))
    expect(simulator.ledger.redelivered).toEqual([])
    expect(simulator.ledger.undecryptable).toEqual([])
  })

  it('is sent again to a device that lost the key', async () => {
    const { simulator, linked } = await startSimulator()
    const shop = await linked(SHOP)
    const bea = await linked(BEA, { retryRequestDelayMs: 0 })
    const group = simulator.group('Orders', [SHOP, BEA, ANA])
    await shop.one.socket!.sendMessage(group.jid, { text: 'fine' })
    await bea.one.upsert('fine')
    const name = `${group.jid}::${shop.device.account.lid}_1::${shop.device.id}`
    await bea.one.auth.keys.set({ 'sender-key': { [name]: null } })
    const sent = await shop.one.socket!.sendMessage(group.jid, { text: 'lost once' })
    expect((await bea.one.upsert('lost once')).message.key.id).toBe(sent?.key.id)
    const texts = simulator.contact(ANA).inbox.map(({ text }) => text)
    expect(texts).toEqual(['fine', 'lost once'])
  })
})
