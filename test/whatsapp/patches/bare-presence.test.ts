import { afterEach, expect, it, vi } from 'vitest'
import { createWorld, storeCreds, WAIT, type World } from '../world.ts'

const patch = vi.hoisted(() => ({ isOn: true }))
vi.mock(import('../../../src/whatsapp/patches/bare-presence.ts'), async original => {
  const { silenceBarePresence } = await original()
  return { silenceBarePresence: socket => (patch.isOn ? silenceBarePresence(socket) : undefined) }
})

const SHOP = '34600000001'
let world: World
afterEach(() => world.close())

/** A session that a phone with a name and a history links, that gets a message, is renamed, and logs in a second time. */
async function firstDay() {
  world = await createWorld({}, { preKeysOnServer: 1 })
  const owner = await world.owner('shop')
  owner.open()
  await owner.fact('socket.qr')
  const phone = world.sim.phone(SHOP, { name: 'Shop' })
  await phone.scan(world.vault.read('shop')!.text)
  await owner.fact('socket.paired')
  await owner.opened()
  const ana = world.sim.contact('34600000002')
  await ana.say(SHOP, 'hello')
  await owner.texts(1)
  expect(await owner.fact('socket.named')).toMatchObject({ pushName: 'Shop' })
  await owner.socket!.end()
  await owner.opened()
  await ana.say(SHOP, 'again')
  await owner.texts(2)
  return phone
}

it('is needed: Baileys makes the account available by itself', async () => {
  patch.isOn = false
  await firstDay()
  const shown = () =>
    expect(world.sim.ledger.available, 'upstream mended it: drop bare-presence.ts').not.toEqual([])
  await vi.waitFor(shown, WAIT)
  expect(world.sim.ledger.available[0]).toMatchObject({ by: 'no type' })
  await Promise.all([...world.sockets].map(socket => socket.end()))
  world.sim.ledger.available.length = 0
})

it('tells nothing by itself: the phone rings for each message, and knows the name', async () => {
  patch.isOn = true
  const phone = await firstDay()
  await vi.waitFor(() => expect(phone.devices[0]).toMatchObject({ presence: 'unavailable' }), WAIT)
  expect(phone.alerts).toEqual({ rung: 2, silent: 0 })
  expect(world.sim.ledger.available).toEqual([])
})

it('is unavailable from its login on, also before it knows its name', async () => {
  world = await createWorld({}, { history: false })
  const owner = await world.owner('nameless')
  const { creds, device } = await world.sim.enroll(SHOP)
  delete creds.me!.name
  await storeCreds(world.store, owner, creds)
  await owner.opened()
  await vi.waitFor(() => expect(device.presence).toBe('unavailable'), WAIT)
})
