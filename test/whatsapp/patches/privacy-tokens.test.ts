import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createWorld, type Owner, WAIT, type World } from '../world.ts'

const patch = vi.hoisted(() => ({ isOn: true }))
vi.mock(import('../../../src/whatsapp/patches/privacy-tokens.ts'), async original => {
  const { mendPrivacyTokens } = await original()
  return { mendPrivacyTokens: (...given) => (patch.isOn ? mendPrivacyTokens(...given) : undefined) }
})

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

const tokenOf = (owner: Owner, lid: string) => world.store.keys.get(owner.streamId, 'tctoken', [lid])

/** Sends a text to a number, and waits until it is delivered. */
async function deliver(owner: Owner, pn: string) {
  const id = world.whatsApp.newMessageId()
  const to = `${pn}@s.whatsapp.net`
  await owner.socket!.send(id, { type: 'text', to, body: 'hello', reply_to: null })
  await owner.update(id, 'delivered')
}

it('is needed: the token that Baileys issues after a send never reaches the store', async () => {
  patch.isOn = false
  const owner = await world.linked('34600000001')
  await owner.opened()
  const { account } = world.sim.contact('34611000031')
  await deliver(owner, account.pn)
  await deliver(owner, account.pn)
  await sleep(300)
  expect(await tokenOf(owner, account.lidJid), 'upstream mended it: drop privacy-tokens.ts').toEqual({})
})

it('leaves the token of a contact in the store, so that it is issued once', async () => {
  patch.isOn = true
  const owner = await world.linked('34600000002')
  await owner.opened()
  const { account } = world.sim.contact('34611000032')
  await deliver(owner, account.pn)
  const token = () => tokenOf(owner, account.lidJid)
  await vi.waitFor(async () => expect(Object.keys(await token())).toEqual([account.lidJid]), WAIT)
  const before = await token()
  await deliver(owner, account.pn)
  expect(await token()).toEqual(before)
})
