import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { GatewayError } from '../../../src/base/errors.ts'
import type { Store } from '../../../src/ports/store.ts'
import { createWorld, WAIT, type World } from '../world.ts'

const SHOP = '34600000001'
const ANA = '34600000002'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

it('what was decrypted before a crash is not forgotten because the store cannot be read as it is taken up', async () => {
  const owner = await world.linked(SHOP)
  await owner.opened()
  owner.refuse = heard => {
    if (Array.isArray(heard)) throw new Error('the process dies')
  }
  await world.sim.contact(ANA).say(SHOP, 'hello')
  await vi.waitFor(async () => expect(await owner.unfinished()).toBe(1), WAIT)
  await owner.socket!.end()
  const { store } = world
  const hasDedupeKey = () => {
    throw new GatewayError('STORE_FAILED', 'The disk does not answer')
  }
  const failing: Store = { ...store, messages: { ...store.messages, hasDedupeKey } }
  const takenUp = world.another({}, failing).recover(owner.streamId)
  await expect(takenUp).rejects.toMatchObject({ code: 'STORE_FAILED' })
  expect(await owner.unfinished()).toBe(1)
  const [message, ...others] = await world.whatsApp.recover(owner.streamId)
  expect([message?.message.body, others]).toEqual(['hello', []])
})
