import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createWorld, type Owner, WAIT, type World } from '../world.ts'

const patch = vi.hoisted(() => ({ isOn: true }))
vi.mock(import('../../../src/whatsapp/patches/listener-rejections.ts'), async original => {
  const { captureListenerRejections } = await original()
  return {
    captureListenerRejections: (make, handlers) =>
      patch.isOn ? captureListenerRejections(make, handlers) : make(),
  }
})

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

async function open(pn: string): Promise<Owner> {
  const owner = await world.linked(pn)
  await owner.opened()
  return owner
}

it('is needed: a frame that cannot be decrypted is an unhandled rejection, and its socket stays', async () => {
  patch.isOn = false
  const owner = await open('34600000001')
  // Else the runner of the tests takes it for a failure.
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  const rejection = new Promise(resolve => process.once('unhandledRejection', resolve))
  await world.sim.fault({ kind: 'garbage', account: '34600000001' })
  expect(await rejection, 'upstream mended it: drop listener-rejections.ts').toBeInstanceOf(Error)
  for (const listener of others) process.on('unhandledRejection', listener)
  expect(owner.facts.at(-1)?.type).toBe('socket.opened')
})

it('says that a frame could not be decrypted, which ends the socket', async () => {
  patch.isOn = true
  const owner = await open('34600000002')
  await world.sim.fault({ kind: 'garbage', account: '34600000002' })
  await vi.waitFor(
    () => expect(owner.facts.at(-1)).toMatchObject({ type: 'socket.closed', reason: 'undecryptable_frame' }),
    WAIT,
  )
})
