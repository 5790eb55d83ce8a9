import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Mailbox } from '../../../../simulator/accounts/mailbox.ts'
import type { Write } from '../../../../src/ports/store.ts'
import { GatedStore } from '../../gated-store.ts'
import { createWorld, type Owner, WAIT, type World } from '../../world.ts'

const SHOP = '34600000001'
let world: World
let gate: GatedStore
let owner: Owner
let witness: Owner
beforeEach(async () => {
  world = await createWorld()
  gate = new GatedStore(world.store)
  owner = await world.linked(SHOP)
  owner.via = world.another({}, gate.store)
  await owner.opened()
  witness = await world.linked('34600000002')
  await witness.opened()
})
afterEach(() => world.close())

/** Another session's message goes all the way round: what was written before it would have arrived, too. */
async function roundTrip() {
  const id = world.whatsApp.newMessageId()
  const friend = world.sim.contact('34611000009')
  await witness.socket!.send(id, { type: 'text', to: friend.account.jid, body: 'round trip', reply_to: null })
  await witness.update(id, 'delivered')
}

const makesPreKey = ({ keys }: Write) =>
  keys?.some(({ type, value }) => type === 'pre-key' && value !== null) === true
const counts = ({ keys }: Write) => keys?.some(({ type }) => type === 'creds') === true

it.each([
  ['key', makesPreKey],
  ['number of the key', counts],
])('The new one-time %s is durable before a phone is asked with it to send again', async (_, wanted) => {
  const asked = vi.spyOn(Mailbox.prototype, 'noteRetry')
  const ana = world.sim.contact('34611000001')
  await ana.say(SHOP, 'fine')
  await owner.texts(1)
  await world.sim.fault({ kind: 'undecryptable', account: SHOP, times: 2 })
  const held = gate.hold(wanted)
  await ana.say(SHOP, 'read at the third time')
  await held.reached
  for (let n = 0; n < 5; n++) await roundTrip()
  expect(asked).toHaveBeenCalledTimes(1)
  held.release()
  expect(await owner.texts(2)).toEqual(['fine', 'read at the third time'])
  await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(2), WAIT)
  asked.mockRestore()
})
