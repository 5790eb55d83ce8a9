import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createWorld, WAIT, type World } from '../../world.ts'
import { openBareSocket, silentServer } from '../bare-socket.ts'
import { nextId, stanza } from './stanzas.ts'

const patch = vi.hoisted(() => ({ isOn: true }))
vi.mock(import('../../../../src/whatsapp/patches/stanzas/offline-batches.ts'), async original => {
  const { askForBatches } = await original()
  return { askForBatches: socket => (patch.isOn ? askForBatches(socket) : undefined) }
})

const { askForBatches } = await import('../../../../src/whatsapp/patches/stanzas/offline-batches.ts')

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

/** A session for which that many notifications wait, when it logs in. */
async function waiting(pn: string, count: number, { sim, linked } = world) {
  const owner = await linked(pn)
  for (let i = 0; i < count; i++)
    sim.push(pn, stanza('notification', { from: '@s.whatsapp.net', id: nextId(), type: 'contacts', t: '1' }))
  const [device] = sim.phone(pn).devices
  await owner.opened()
  return { owner, device: device! }
}

it('is needed: Baileys asks for the first hundred only', async () => {
  patch.isOn = false
  const { owner, device } = await waiting('34600000001', 130)
  await vi.waitFor(() => expect(device.pending).toBe(30), WAIT)
  expect(device.catchingUp, 'upstream mended it: drop offline-batches.ts').toMatchObject({ sent: 100 })
  await owner.socket!.end()
})

it('gets all that waits, and what is said meanwhile', async () => {
  patch.isOn = true
  const { owner, device } = await waiting('34600000002', 430)
  await world.sim.contact('34611000001').say('34600000002', 'still there?')
  await owner.texts(1)
  await vi.waitFor(() => expect([device.pending, device.catchingUp]).toEqual([0, undefined]), WAIT)
})

it('asks again where WhatsApp sends less than it was asked for', async () => {
  const slow = await createWorld({}, { maxBatch: 2 })
  const { device } = await waiting('34600000003', 3, slow)
  await vi.waitFor(() => expect([device.pending, device.catchingUp]).toEqual([0, undefined]), WAIT)
  await slow.close()
})

it('asks for nothing any more once the socket has ended, whoever ended it', async () => {
  const server = await silentServer()
  const socket = await openBareSocket(server.url)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  askForBatches(socket)
  socket.ws.emit('CB:ib,,offline_preview', stanza('ib', {}, [stanza('offline_preview', { count: '5' })]))
  const waiting = vi.getTimerCount()
  await socket.end(undefined)
  expect(vi.getTimerCount()).toBeLessThan(waiting)
  vi.useRealTimers()
  server.close()
})
