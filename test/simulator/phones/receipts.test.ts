import type { BinaryNode } from '@whiskeysockets/baileys'
import { describe, expect, it, vi } from 'vitest'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator } from '../start-simulator.ts'

silenceConsole()

const SHOP = '34600000001'
const ANA = '34600000002'
const BOB = '34600000003'
const JID = `${ANA}@s.whatsapp.net`

describe('receipts from a contact', () => {
  it('say delivered, read and played, in that order', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    const types: (string | undefined)[] = []
    one.socket!.ws.on('CB:receipt', ({ attrs }: { attrs: Record<string, string> }) => types.push(attrs.type))
    const sent = await one.socket!.sendMessage(JID, { text: 'a voice message' })
    const id = sent!.key.id!
    await ana.next()
    ana.read(id)
    ana.played(id)
    await one.until(() => one.statuses(id).includes(5), 'played')
    expect(types).toEqual([undefined, 'read', 'played'])
    await vi.waitFor(() => expect(device.pending).toBe(0))
    expect(() => ana.played('NOSUCH')).toThrow('no message NOSUCH')
  })

  it('say played in a group', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    const { jid } = simulator.group('Orders', [SHOP, ANA])
    const sent = await one.socket!.sendMessage(jid, { text: 'to all' })
    await ana.next()
    ana.played(sent!.key.id!)
    const played: string[] = []
    one.socket!.ws.on('CB:receipt', ({ attrs }: { attrs: Record<string, string> }) => {
      if (attrs.type === 'played') played.push(`${attrs.from} ${attrs.participant} ${attrs.id}`)
    })
    await vi.waitFor(() => expect(played).toEqual([`${jid} ${ana.account.lidJid} ${sent!.key.id}`]))
  })
})

describe('receipts from a device', () => {
  it('for many messages of two chats and a group reach each author', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const [ana, bob] = [simulator.contact(ANA), simulator.contact(BOB)]
    const group = simulator.group('Orders', [SHOP, ANA, BOB])
    const said: Record<string, string[]> = { [ANA]: [], [BOB]: [] }
    for (const who of [ana, bob])
      for (const to of [SHOP, SHOP, group.jid, group.jid])
        said[who.pn]!.push((await who.say(to, `from ${who.pn}`)).id)
    await one.until(() => one.upserts.length === 8, 'eight messages')
    await one.socket!.readMessages(one.upserts.map(({ message }) => message.key))
    for (const who of [ana, bob]) {
      const read = () => who.receipts.filter(({ type }) => type === 'read').map(({ id }) => id)
      await vi.waitFor(() => expect(read().toSorted()).toEqual(said[who.pn]!.toSorted()))
    }
  })

  it('say read-self when the account tells nobody what it read, and no device of the author hears of it', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const author = await linked(ANA)
    const ana = simulator.contact(ANA)
    await one.socket!.updateReadReceiptsPrivacy('none')
    expect(await one.socket!.fetchPrivacySettings(true)).toMatchObject({ readreceipts: 'none', last: 'all' })
    const { id } = await ana.say(SHOP, 'secretly read')
    await one.socket!.readMessages([(await one.upsert('secretly read')).message.key])
    await vi.waitFor(() => expect(ana.receipts.map(({ type }) => type)).toContain('read-self'))
    expect(ana.receipts.map(({ type }) => type)).not.toContain('read')
    await ana.say(SHOP, 'after it')
    await author.one.until(() => author.one.upserts.some(({ text }) => text === 'after it'), 'the copy')
    expect(author.one.statuses(id)).not.toContain(4)
  })

  it('tell another device what was read and played', async () => {
    const { linked } = await startSimulator()
    const shop = await linked(SHOP)
    const ana = await linked(ANA)
    const sent = await shop.one.socket!.sendMessage(JID, { text: 'device to device' })
    const { key } = (await ana.one.upsert('device to device')).message
    await ana.one.socket!.readMessages([key])
    await shop.one.until(() => shop.one.statuses(sent!.key.id!).includes(4), 'read')
    await ana.one.socket!.sendReceipts([key], 'played')
    await shop.one.until(() => shop.one.statuses(sent!.key.id!).includes(5), 'played')
    await vi.waitFor(() => expect([shop.device.pending, ana.device.pending]).toEqual([0, 0]))
  })
})

describe('presence', () => {
  it('of a device is seen by the chat it is for', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const [ana, bob] = [simulator.contact(ANA), simulator.contact(BOB)]
    const group = simulator.group('Orders', [SHOP, BOB])
    const socket = one.socket!
    await socket.sendPresenceUpdate('available')
    await socket.sendPresenceUpdate('composing', JID)
    await socket.sendPresenceUpdate('recording', ana.account.lidJid)
    await socket.sendPresenceUpdate('paused', JID)
    await socket.sendPresenceUpdate('composing', group.jid)
    await vi.waitFor(() => expect(bob.presences).toHaveLength(1))
    expect(bob.presences).toMatchObject([
      { from: SHOP, device: device.jid, state: 'composing', group: group.jid },
    ])
    expect(ana.presences.map(({ state, group }) => [state, group])).toEqual([
      ['composing', null],
      ['recording', null],
      ['paused', null],
    ])
    // Who never wrote sees nothing of it; who did, does.
    await ana.say(SHOP, 'hello')
    await socket.sendPresenceUpdate('unavailable')
    await socket.sendPresenceUpdate('available')
    const seen = () => ana.presences.slice(3).map(({ state }) => state)
    await vi.waitFor(() => expect(seen()).toEqual(['unavailable', 'available']))
    expect(bob.presences).toHaveLength(1)
  })

  it('of a contact reaches the devices', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    const seen: string[] = []
    one.socket!.ev.on('presence.update', ({ id, presences }) => {
      seen.push(`${id} ${Object.values(presences)[0]?.lastKnownPresence}`)
    })
    for (const state of ['available', 'composing', 'recording', 'paused', 'unavailable'] as const)
      ana.showPresence(SHOP, state)
    ana.showPresence(SHOP, 'composing', { addressing: 'lid' })
    const states = ['available', 'composing', 'recording', 'available', 'unavailable']
    await vi.waitFor(() =>
      expect(seen).toEqual([...states.map(state => `${JID} ${state}`), `${ana.account.lidJid} composing`]),
    )
    expect(() => ana.showPresence('34699999999', 'composing')).toThrow('no account')
  })
})

describe('phone numbers', () => {
  it('without an account are not on WhatsApp, however they are written', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    simulator.contact(ANA)
    const socket = one.socket!
    const asked = [`+${ANA}`, JID, '34699999999', '+1', '34699999999@s.whatsapp.net']
    const found = await socket.onWhatsApp(...asked)
    expect(found?.filter(({ exists }) => exists)).toEqual([
      { jid: JID, exists: true },
      { jid: JID, exists: true },
    ])
    expect(await socket.onWhatsApp('34699999999')).toEqual([])
    // Asking makes nobody.
    await expect(simulator.contact(ANA).say('34699999999', 'nobody')).rejects.toThrow('no account')
  })

  it('are found by LID where Baileys asks for devices', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    const devices = await one.socket!.getUSyncDevices([ana.account.lidJid], false, false)
    expect(devices.map(({ jid }) => jid)).toContain(ana.account.lidJid)
    expect(await one.socket!.getUSyncDevices(['123456789012345@lid'], false, false)).toEqual([])
  })

  it('without an account get nothing, and the sender is not told: the server acks as ever', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const acked = Promise.withResolvers<BinaryNode>()
    one.socket!.ws.on('CB:ack,class:message', acked.resolve)
    const sent = await one.socket!.sendMessage('34699999999@s.whatsapp.net', { text: 'nobody' })
    const { attrs } = await acked.promise
    expect([attrs.id, attrs.error]).toEqual([sent!.key.id, undefined])
    expect(simulator.ledger.received).toEqual([])
  })
})
