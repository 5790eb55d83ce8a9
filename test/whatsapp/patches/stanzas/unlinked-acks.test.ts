import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createWorld, WAIT, type World } from '../../world.ts'

const patch = vi.hoisted(() => ({ isOn: true }))
vi.mock(import('../../../../src/whatsapp/patches/stanzas/unlinked-acks.ts'), async original => {
  const { ackWhileUnlinked } = await original()
  return { ackWhileUnlinked: socket => (patch.isOn ? ackWhileUnlinked(socket) : undefined) }
})

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

/** A socket that shows its QR. */
async function waiting(sessionId: string) {
  const owner = await world.owner(sessionId)
  const socket = await owner.open()
  await owner.fact('socket.qr')
  return { owner, socket }
}

it('is needed: Baileys acknowledges nothing before it is linked', async () => {
  patch.isOn = false
  const { socket } = await waiting('without')
  expect(world.sim.notifyUnlinked('something_new')).toBe(1)
  await sleep(300)
  expect(world.sim.unacked, 'upstream mended it: drop unlinked-acks.ts').toMatchObject([
    { tag: 'notification', type: 'something_new', device: null },
  ])
  await socket.end()
})

it('acknowledges what is said to a socket that shows a QR, once, and the phone links it', async () => {
  patch.isOn = true
  const { owner } = await waiting('with')
  expect(world.sim.notifyUnlinked('something_new')).toBe(1)
  expect(world.sim.notifyUnlinked('another_thing', 'child')).toBe(1)
  await vi.waitFor(() => expect(world.sim.unacked).toEqual([]), WAIT)
  await world.sim.phone('34600000001').scan(world.vault.read('with')!.text)
  await owner.fact('socket.paired')
  expect(world.sim.ledger.unanswered).toEqual([])
})

it('leaves it to Baileys where a pairing code was asked for', async () => {
  const owner = await world.owner('code')
  owner.phoneNumber = '34600000002'
  const asked = once(world.sim, 'codeRequested')
  owner.open()
  await asked
  expect(world.sim.notifyUnlinked('something_new')).toBe(1)
  await vi.waitFor(() => expect(world.sim.unacked).toEqual([]), WAIT)
  // A second acknowledgement would name nothing.
  expect(world.sim.ledger.unanswered).toEqual([])
})
