import { describe, expect, it, vi } from 'vitest'
import { memoryAuth } from '../baileys-client.ts'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator, type TestSimulator } from '../start-simulator.ts'

silenceConsole()

const SHOP = '34600000001'

/** A client that asked for a code, after the first QR as Baileys wants it. */
async function asking({ client }: TestSimulator, code?: string) {
  const one = client().connect()
  await one.qr()
  return { one, code: await one.socket!.requestPairingCode(SHOP, code) }
}

describe('a pairing code', () => {
  it('links a client: open, registered and synced', async () => {
    const world = await startSimulator()
    const { one, code } = await asking(world)
    expect(code).toMatch(/^[0-9A-Z]{8}$/)
    const phone = world.simulator.phone(SHOP, { name: 'Shop' })
    const device = await phone.enterCode(code)
    expect(await one.closed()).toBe(515)
    expect(phone.devices).toEqual([device])
    expect(one.auth.creds).toMatchObject({
      registered: true,
      me: { id: `${SHOP}:1@s.whatsapp.net`, lid: device.lidJid },
    })
    await one.connect().open()
    await one.until(() => one.auth.creds.accountSyncCounter === 1, 'history synced')
    await world.simulator.contact('34600000002').say(SHOP, 'welcome')
    await one.upsert('welcome')
  })

  it('may be typed with dashes and in lower case, and may be chosen', async () => {
    const world = await startSimulator()
    const { one, code } = await asking(world, 'ABCD2345')
    expect(code).toBe('ABCD2345')
    await world.simulator.phone(SHOP).enterCode('abcd-2345')
    expect(await one.closed()).toBe(515)
  })

  it('links nothing when it is wrong, and the right one still works', async () => {
    const world = await startSimulator()
    const { one, code } = await asking(world, 'ABCD2345')
    const phone = world.simulator.phone(SHOP)
    await expect(phone.enterCode('ABCD2346')).rejects.toThrow('the code is wrong')
    expect(phone.devices).toEqual([])
    // Baileys believes that it is registered as soon as the server took its half.
    await vi.waitFor(() => expect(one.auth.creds.registered).toBe(true))
    await phone.enterCode(code)
    expect(await one.closed()).toBe(515)
    expect(phone.devices).toHaveLength(1)
  })

  it('expires, and a new one from the same socket works', async () => {
    const world = await startSimulator({ codeTtlMs: 150 })
    const { one, code } = await asking(world)
    const phone = world.simulator.phone(SHOP)
    // What the server says then; Baileys itself takes no notice of it.
    const told = new Promise(resolve =>
      one.socket!.ws.on('CB:notification,type:link_code_companion_reg', resolve),
    )
    expect(await told).toMatchObject({ content: [{ attrs: { stage: 'refresh_code' } }] })
    await expect(phone.enterCode(code)).rejects.toThrow('has expired')
    expect(phone.devices).toEqual([])
    const fresh = await one.socket!.requestPairingCode(SHOP)
    expect(fresh).not.toBe(code)
    await new Promise(resolve => world.simulator.once('codeRequested', resolve))
    await phone.enterCode(fresh)
    expect(await one.closed()).toBe(515)
  })

  it('is replaced by the next one', async () => {
    const world = await startSimulator()
    const { one, code } = await asking(world, 'AAAAAAAA')
    const again = new Promise(resolve => world.simulator.on('codeRequested', resolve))
    const fresh = await one.socket!.requestPairingCode(SHOP, 'BBBBBBBB')
    await again
    const phone = world.simulator.phone(SHOP)
    await expect(phone.enterCode(code)).rejects.toThrow('the code is wrong')
    await phone.enterCode(fresh)
    expect(await one.closed()).toBe(515)
    await expect(phone.enterCode(fresh)).rejects.toThrow('already used')
  })

  it('does not work once its socket closed, and that client is refused at its next login', async () => {
    const world = await startSimulator()
    const requested = new Promise(resolve => world.simulator.once('codeRequested', resolve))
    const { one, code } = await asking(world)
    await requested
    await one.end()
    const phone = world.simulator.phone(SHOP)
    await vi.waitFor(() => expect(phone.enterCode(code)).rejects.toThrow('is gone'))
    expect(phone.devices).toEqual([])
    expect(one.auth.creds.me?.id).toBe(`${SHOP}@s.whatsapp.net`)
    expect(await one.connect().closed()).toBe(401)
  })

  it('works only for the number it was asked for', async () => {
    const world = await startSimulator()
    const { one, code } = await asking(world)
    const stranger = world.simulator.phone('34600000009')
    await expect(stranger.enterCode(code)).rejects.toThrow('no socket asked for a code for 34600000009')
    await world.simulator.phone(SHOP).enterCode(code)
    expect(await one.closed()).toBe(515)
  })

  it('leaves the QR of the same socket valid', async () => {
    const world = await startSimulator()
    const { one, code } = await asking(world)
    const phone = world.simulator.phone(SHOP)
    await phone.scan(await one.qr())
    expect(await one.closed()).toBe(515)
    await expect(phone.enterCode(code)).rejects.toThrow('already used')
    await one.connect().open()
    expect(phone.devices).toHaveLength(1)
  })

  it('links no device that sends another identity key than its socket registered with', async () => {
    const world = await startSimulator()
    const { one, code } = await asking(world)
    const { signedIdentityKey } = memoryAuth().creds
    Object.assign(one.auth.creds, { signedIdentityKey })
    const phone = world.simulator.phone(SHOP)
    await expect(phone.enterCode(code)).rejects.toThrow('other identity keys')
    expect(phone.devices).toEqual([])
  })

  it('is not given to a socket that names another Noise key', async () => {
    const world = await startSimulator()
    const one = world.client().connect()
    await one.qr()
    Object.assign(one.auth.creds, { noiseKey: memoryAuth().creds.noiseKey })
    const code = await one.socket!.requestPairingCode(SHOP)
    await expect(world.simulator.phone(SHOP).enterCode(code)).rejects.toThrow('no socket asked')
    expect(world.simulator.ledger.unanswered).toMatchObject([{ children: ['link_code_companion_reg'] }])
    world.simulator.ledger.clear()
  })

  it('is not given to a socket that is linked already', async () => {
    const { simulator, client } = await startSimulator()
    const { creds } = await simulator.enroll(SHOP)
    const one = client(memoryAuth(creds)).connect()
    await one.open()
    const reg = { tag: 'link_code_companion_reg', attrs: { jid: SHOP, stage: 'companion_hello' } }
    const iq = { tag: 'iq', attrs: { to: '@s.whatsapp.net', type: 'set', xmlns: 'md' }, content: [reg] }
    await one.socket!.query(iq)
    expect(simulator.ledger.unanswered).toMatchObject([{ tag: 'iq', children: ['link_code_companion_reg'] }])
    simulator.ledger.clear()
  })
})
