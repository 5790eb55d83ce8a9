import { describe, expect, it, vi } from 'vitest'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator } from '../start-simulator.ts'

silenceConsole()

const SHOP = '34600000001'
const ANA = '34600000002'
const WAIT = { timeout: 20_000 }

describe('a phone', () => {
  it('alerts its owner only while no companion is available', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const [phone, ana] = [simulator.phone(SHOP), simulator.contact(ANA)]
    const says = async (type: 'available' | 'unavailable') => {
      await one.socket!.sendNode({ tag: 'presence', attrs: { type } })
      await vi.waitFor(() => expect(device.presence).toBe(type))
    }
    await says('unavailable')
    await ana.say(SHOP, 'rings')
    await says('available')
    await ana.say(SHOP, 'does not')
    await says('unavailable')
    await ana.say(SHOP, 'rings again')
    expect(phone.alerts).toEqual({ rung: 2, silent: 1 })
    await says('available')
    await one.end()
    await vi.waitFor(() => expect(device.online).toBe(false))
    await ana.say(SHOP, 'nobody else is there')
    expect(phone.alerts).toEqual({ rung: 3, silent: 1 })
  })

  it('falls silent by a presence without a type, and by a device that says nothing', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    await one.socket!.sendNode({ tag: 'presence', attrs: { name: 'Shop' } })
    await vi.waitFor(() => expect(device.presence).toBe('available'))
    expect(simulator.ledger.available).toMatchObject([{ device: device.jid, by: 'no type' }])
    await simulator.contact(ANA).say(SHOP, 'hello')
    expect(simulator.phone(SHOP).alerts).toEqual({ rung: 0, silent: 1 })
  })

  it('falls silent by a device that says nothing after its login', async () => {
    const { simulator, client } = await startSimulator()
    const { creds, device } = await simulator.enroll(SHOP)
    // Baileys says nothing of itself while it knows no name.
    delete creds.me!.name
    await client({ ...client().auth, creds })
      .connect()
      .open()
    expect(device.presence).toBeNull()
    await vi.waitFor(() => expect(device.presence).toBe('available'), WAIT)
    expect(simulator.ledger.available).toMatchObject([{ device: device.jid, by: 'silence' }])
  })
})

describe('a device that logs in', () => {
  it('is told to fetch its account anew, and says when it did, by that timestamp', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const due = device.dirty.get('account_sync')!
    const clean = (timestamp: string) =>
      one.socket!.query({
        tag: 'iq',
        attrs: { to: '@s.whatsapp.net', type: 'set', xmlns: 'urn:xmpp:whatsapp:dirty' },
        content: [{ tag: 'clean', attrs: { type: 'account_sync', timestamp } }],
      })
    await clean('1')
    expect([...device.dirty.keys()]).toEqual(['account_sync'])
    expect(simulator.ledger.wrong).toMatchObject([{ tag: 'clean', why: `not ${due}` }])
    await clean(due)
    expect([...device.dirty.keys()]).toEqual([])
  })
})
