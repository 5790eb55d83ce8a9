import { proto } from '@whiskeysockets/baileys'
import { describe, expect, it, vi } from 'vitest'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator } from '../start-simulator.ts'

silenceConsole()

const SHOP = '34600000001'
const ANA = '34600000002'

describe('queries', () => {
  it('answers who is on WhatsApp and leaves out who is not', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    simulator.contact(ANA)
    const found = await one.socket!.onWhatsApp(`+${ANA}`, '34699999999')
    expect(found).toEqual([{ jid: `${ANA}@s.whatsapp.net`, exists: true }])
  })

  it('answers what a client may ask after login, and leaves nothing unanswered', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const socket = one.socket!
    simulator.contact(ANA)
    const jid = `${ANA}@s.whatsapp.net`
    expect(await socket.fetchPrivacySettings(true)).toMatchObject({ readreceipts: 'all' })
    expect(await socket.fetchBlocklist()).toEqual([])
    await expect(socket.profilePictureUrl(jid)).rejects.toThrow('item-not-found')
    expect(await socket.groupFetchAllParticipating()).toEqual({})
    await socket.presenceSubscribe(jid)
    await socket.sendPresenceUpdate('composing', jid)
    await socket.sendPresenceUpdate('available')
    const before = device.registration.signedPreKey.id
    await socket.rotateSignedPreKey()
    expect(device.registration.signedPreKey.id).toBe(before + 1)
    await simulator.contact(ANA).say(SHOP, 'under the rotated key')
    await one.upsert('under the rotated key')
    await socket.resyncAppState(['regular', 'critical_block'], false)
    await socket.cleanDirtyBits('account_sync')
    await socket.digestKeyBundle()
  })

  it('gives an empty answer to an unknown query, and records it', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const asked = {
      tag: 'iq',
      attrs: { to: '@s.whatsapp.net', type: 'get', xmlns: 'moon' },
      content: [{ tag: 'phase', attrs: {} }],
    }
    expect(await one.socket!.query(asked)).toMatchObject({ tag: 'iq', attrs: { type: 'result' } })
    await one.socket!.sendNode({ tag: 'telegram', attrs: { id: 'x' } })
    await vi.waitFor(() => expect(simulator.ledger.unanswered).toHaveLength(2))
    expect(simulator.ledger.unanswered).toMatchObject([
      { tag: 'iq', attrs: { xmlns: 'moon' }, children: ['phase'] },
      { tag: 'telegram', attrs: { id: 'x' }, children: [] },
    ])
    simulator.ledger.clear()
  })

  it('answers 400 to a query it cannot read, and the socket stays open', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const broken = {
      tag: 'iq',
      attrs: { to: '@s.whatsapp.net', type: 'set', xmlns: 'encrypt' },
      content: [{ tag: 'rotate', attrs: {} }],
    }
    await expect(one.socket!.query(broken)).rejects.toThrow('bad-request')
    expect(simulator.ledger.unanswered).toHaveLength(1)
    expect(device.online).toBe(true)
    simulator.ledger.clear()
  })

  it('accepts messages of any kind and shows their caption as text', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    await ana.say(SHOP, { locationMessage: { degreesLatitude: 1, degreesLongitude: 2 } }, { id: 'PLACE' })
    const place = await one.until(
      () => one.upserts.find(({ message }) => message.key.id === 'PLACE'),
      'a location',
    )
    expect(place.message.message?.locationMessage?.degreesLatitude).toBe(1)
    const message = proto.Message.fromObject({
      imageMessage: { caption: 'a picture', mimetype: 'image/jpeg' },
    })
    await one.socket!.relayMessage(`${ANA}@s.whatsapp.net`, message, { messageId: 'PICTURE' })
    expect(await ana.next()).toMatchObject({ id: 'PICTURE', text: 'a picture' })
  })
})

describe('accounts', () => {
  it('have the same LID for the same seed, and are refused for what is no phone number', async () => {
    const first = await startSimulator({ seed: 'one' })
    const second = await startSimulator({ seed: 'one' })
    const third = await startSimulator({ seed: 'two' })
    const lids = [first, second, third].map(({ simulator }) => simulator.contact(ANA).account.lid)
    expect(lids[0]).toBe(lids[1])
    expect(lids[0]).not.toBe(lids[2])
    expect(() => first.simulator.phone('+34 600')).toThrow('not a phone number')
  })
})
