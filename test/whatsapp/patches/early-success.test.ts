import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createWorld, WAIT, type World } from '../world.ts'

const patch = vi.hoisted(() => ({ isOn: true }))
vi.mock(import('../../../src/whatsapp/patches/early-success.ts'), async original => {
  const { ignoreEarlySuccess } = await original()
  return { ignoreEarlySuccess: socket => (patch.isOn ? ignoreEarlySuccess(socket) : undefined) }
})

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

/** A phone's scan at which WhatsApp says `<success>` before pairing has ended. */
async function scanned(sessionId: string, pn: string) {
  const owner = await world.owner(sessionId)
  owner.open()
  await owner.fact('socket.qr')
  // What the socket of before still said has come by now.
  world.sim.ledger.clear()
  const phone = world.sim.phone(pn)
  phone.linking.faults = ['early-success']
  return { owner, scan: phone.scan(world.vault.read(sessionId)!.text) }
}

it('is needed: Baileys takes it for a login', async () => {
  patch.isOn = false
  const { owner, scan } = await scanned('without', '34600000301')
  await scan.catch(() => {})
  const asked = () =>
    expect(world.sim.ledger.unanswered, 'upstream mended it: drop early-success.ts').not.toEqual([])
  await vi.waitFor(asked, WAIT)
  await owner.socket!.end()
})

it('is ignored: the phone links the session as if nothing had been said', async () => {
  patch.isOn = true
  const { owner, scan } = await scanned('with', '34600000302')
  await scan
  expect(await owner.fact('socket.closed')).toMatchObject({ code: 515 })
  expect(owner.facts.map(({ type }) => type)).toEqual(['socket.qr', 'socket.paired', 'socket.closed'])
  await owner.opened()
  expect(world.sim.ledger.unanswered).toEqual([])
})
