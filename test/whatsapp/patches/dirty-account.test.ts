import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createWorld, WAIT, type World } from '../world.ts'

const patch = vi.hoisted(() => ({ isOn: true }))
vi.mock(import('../../../src/whatsapp/patches/dirty-account.ts'), async original => {
  const { cleanDirtyAccount } = await original()
  return { cleanDirtyAccount: socket => (patch.isOn ? cleanDirtyAccount(socket) : undefined) }
})

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

/** A session that gets a message and its answer: what it had to say at its login is said. */
async function loggedIn(pn: string) {
  const owner = await world.linked(pn)
  const socket = await owner.opened()
  await world.sim.contact('34600000009').say(pn, 'hello')
  await owner.texts(1)
  const [device] = world.sim.phone(pn).devices
  return { owner, socket, device: device! }
}

it('is needed: Baileys does not report the first one', async () => {
  patch.isOn = false
  const { device, socket } = await loggedIn('34600000001')
  expect([...device.dirty.keys()], 'upstream mended it: drop dirty-account.ts').toEqual(['account_sync'])
  await socket.end()
})

it('is reported at each login, by its own timestamp', async () => {
  patch.isOn = true
  const { owner, socket, device } = await loggedIn('34600000002')
  await vi.waitFor(() => expect([...device.dirty.keys()]).toEqual([]), WAIT)
  await socket.end()
  await owner.opened()
  await vi.waitFor(() => expect([device.logins, ...device.dirty.keys()]).toEqual([2]), WAIT)
  expect(world.sim.ledger.wrong).toEqual([])
})
