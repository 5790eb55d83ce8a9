import type { BinaryNode } from '@whiskeysockets/baileys'
import { describe, expect, it, vi } from 'vitest'
import { otherForms } from '../../../simulator/accounts/national-forms.ts'
import type { Client } from '../baileys-client.ts'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator } from '../start-simulator.ts'

silenceConsole()

const SHOP = '34600000001'
const ANA = '34600000002'
const BRAZIL = '551187654321'
const BRAZIL_DIALLED = '5511987654321'

/** The query for contacts as WhatsApp's clients ask since July 2026. */
function ask({ socket }: Client, ...phones: string[]): Promise<BinaryNode | undefined> {
  const tag = (name: string, attrs = {}, content?: BinaryNode['content']): BinaryNode => ({
    tag: name,
    attrs,
    content,
  })
  const users = phones.map(phone => tag('user', {}, [tag('contact', {}, phone)]))
  const query = tag('query', {}, [
    tag('contact', { addressing_mode: 'lid' }),
    tag('business', {}, [tag('verified_name')]),
    tag('disappearing_mode'),
    tag('username'),
  ])
  const usync = tag('usync', { context: 'interactive', mode: 'query', sid: '1', last: 'true', index: '0' }, [
    query,
    tag('list', {}, users),
  ])
  const iq = tag('iq', { to: '@s.whatsapp.net', type: 'get', xmlns: 'usync' }, [usync])
  return socket!.query(iq, 500) as Promise<BinaryNode | undefined>
}

const childOf = (node: BinaryNode | undefined, name: string) =>
  Array.isArray(node?.content) ? node.content.find(({ tag }) => tag === name) : undefined
const usersIn = (answer: BinaryNode | undefined) =>
  (childOf(childOf(answer, 'usync'), 'list')?.content as BinaryNode[]).map(user => ({
    ...user.attrs,
    in: childOf(user, 'contact')?.attrs.type,
    asked: String(childOf(user, 'contact')?.content),
    username: childOf(user, 'username')?.content?.toString(),
  }))

describe('a number that can be dialled in two ways', () => {
  it.each([
    ['5511987654321', '551187654321'],
    ['525512345678', '5215512345678'],
    ['541123456789', '5491123456789'],
  ])('%s is %s, too', (one, other) => {
    expect(otherForms(one)).toEqual([other])
    expect(otherForms(other)).toEqual([one])
  })
  it('has nothing else in the rest of the world', () => expect(otherForms(SHOP)).toEqual([]))
})

describe('a contact query by LID', () => {
  it('gives the LID, the number as it is, the words of the question; users in no order', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const maria = simulator.contact(BRAZIL).account
    maria.username = 'maria.sp'
    const hidden = simulator.contact(ANA).account
    hidden.hidesNumber = true
    expect(usersIn(await ask(one, `+${BRAZIL_DIALLED}`, ANA, '34999999999'))).toEqual([
      { pn_jid: '34999999999@s.whatsapp.net', in: 'out', asked: '34999999999', username: undefined },
      { jid: hidden.lidJid, in: 'in', asked: ANA, username: undefined },
      {
        jid: maria.lidJid,
        pn_jid: `${BRAZIL}@s.whatsapp.net`,
        in: 'in',
        asked: `+${BRAZIL_DIALLED}`,
        username: 'maria.sp',
      },
    ])
  })

  it('still answers Baileys by number', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    simulator.contact(BRAZIL)
    expect(await one.socket!.onWhatsApp(BRAZIL_DIALLED)).toEqual([
      { jid: `${BRAZIL}@s.whatsapp.net`, exists: true },
    ])
  })

  it('gets no answer, an error, or nobody in it, as often as a fault says', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    simulator.contact(ANA)
    for (const fault of ['unanswered', { error: '503' }, 'omitted'] as const) simulator.failQuery(SHOP, fault)
    expect(await ask(one, ANA).catch(() => undefined)).toBeUndefined()
    await expect(ask(one, ANA)).rejects.toMatchObject({ data: 503 })
    expect(usersIn(await ask(one, ANA))).toEqual([])
    expect(usersIn(await ask(one, ANA))).toHaveLength(1)
  })
})

describe('what is sent', () => {
  it('to a number that nobody has is acked and reaches nobody', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const maria = simulator.contact(BRAZIL)
    const acks: BinaryNode[] = []
    one.socket!.ws.on('CB:ack,class:message', (ack: BinaryNode) => acks.push(ack))
    await one.socket!.sendMessage(`${BRAZIL_DIALLED}@s.whatsapp.net`, { text: 'lost' })
    await vi.waitFor(() => expect(acks).toHaveLength(1))
    expect(acks[0]!.attrs.error).toBeUndefined()
    await one.socket!.sendMessage(`${BRAZIL}@s.whatsapp.net`, { text: 'found' })
    await maria.next()
    expect(maria.inbox.map(({ text }) => text)).toEqual(['found'])
  })

  it('to a LID is refused with 400 for an account whose chats are by number', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    device.account.migrated = false
    const acks: BinaryNode[] = []
    one.socket!.ws.on('CB:ack,class:message', (ack: BinaryNode) => acks.push(ack))
    await one.socket!.sendMessage(ana.account.lidJid, { text: 'by lid' })
    await vi.waitFor(() => expect(acks[0]?.attrs.error).toBe('400'))
    await one.socket!.sendMessage(ana.account.jid, { text: 'by number' })
    expect((await ana.next()).text).toBe('by number')
  })

  it('says refresh_lid after a LID has changed, until the new one is asked for', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    const acks: BinaryNode[] = []
    one.socket!.ws.on('CB:ack,class:message', (ack: BinaryNode) => acks.push(ack))
    const send = async (text: string) => {
      await one.socket!.sendMessage(ana.account.jid, { text })
      await vi.waitFor(() => expect(acks.length).toBeGreaterThan(0))
      return acks.pop()!.attrs.refresh_lid
    }
    expect(await send('one')).toBeUndefined()
    await ana.next()
    const before = ana.account.lid
    simulator.changeLid(ANA)
    expect(ana.account.lid).not.toBe(before)
    expect(await send('two')).toBe('true')
    expect(await send('three')).toBe('true')
    await ask(one, ANA)
    expect(await send('four')).toBeUndefined()
  })
})

describe('names in stanzas', () => {
  it('of an own message from another device are those of its chat, never ours', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const ana = simulator.contact(ANA).account
    ana.username = 'ana'
    const phone = simulator.phone(SHOP).contact
    const stanzas: BinaryNode[] = []
    one.socket!.ws.on('CB:message', (node: BinaryNode) => stanzas.push(node))
    await phone.say(ANA, 'by lid', { addressing: 'lid' })
    await phone.say(ANA, 'by number')
    await vi.waitFor(() => expect(stanzas).toHaveLength(2))
    const own = simulator.phone(SHOP).account
    expect(stanzas[0]!.attrs).toMatchObject({
      from: own.lidJid,
      recipient: ana.lidJid,
      peer_recipient_pn: ana.jid,
      peer_recipient_username: 'ana',
    })
    expect(stanzas[1]!.attrs).toMatchObject({
      from: own.jid,
      recipient: ana.jid,
      peer_recipient_lid: ana.lidJid,
    })
    for (const { attrs } of stanzas)
      expect(Object.keys(attrs).filter(name => name.startsWith('sender_'))).toEqual([])
  })

  it('name no number of somebody who hides it', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const ana = simulator.contact(ANA, { name: 'Ana' })
    Object.assign(ana.account, { hidesNumber: true, username: 'ana' })
    const stanzas: BinaryNode[] = []
    one.socket!.ws.on('CB:message', (node: BinaryNode) => stanzas.push(node))
    const group = simulator.group('Team', [SHOP, ANA])
    await ana.say(SHOP, 'to one', { addressing: 'lid' })
    await ana.say(group.jid, 'to all')
    await vi.waitFor(() => expect(stanzas).toHaveLength(2))
    expect(stanzas[0]!.attrs).toMatchObject({ from: ana.account.lidJid, username: 'ana' })
    expect(stanzas[1]!.attrs).toMatchObject({ participant: ana.account.lidJid, participant_username: 'ana' })
    expect(JSON.stringify(stanzas.map(({ attrs }) => attrs))).not.toContain(ANA)
  })
})

describe('a new number', () => {
  it('is told to who has a chat with it and to its groups, and is where it is reached', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    const group = simulator.group('Team', [SHOP, ANA])
    await ana.say(SHOP, 'hello')
    await one.upsert('hello')
    const before = { old: ana.account.jid, old_lid: ana.account.lidJid }
    const told: BinaryNode[] = []
    one.socket!.ws.on('CB:notification', (node: BinaryNode) => told.push(node))
    simulator.changeNumber(ANA, '34600000009', { lid: true })
    await vi.waitFor(() => expect(told).toHaveLength(2))
    const { jid, lidJid } = ana.account
    expect(childOf(told[0], 'modify')?.attrs).toEqual({ ...before, new: jid, new_lid: lidJid })
    expect(told[1]!.attrs).toMatchObject({ from: group.jid, participant: before.old_lid })
    expect(childOf(childOf(told[1], 'modify'), 'participant')?.attrs).toEqual({
      jid: lidJid,
      phone_number: jid,
    })
    await one.socket!.sendMessage(jid, { text: 'there?' })
    expect((await ana.next()).text).toBe('there?')
    await ana.say(SHOP, 'here')
    await one.upsert('here')
  })
})
