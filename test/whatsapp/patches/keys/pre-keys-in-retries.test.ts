import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Mailbox } from '../../../../simulator/accounts/mailbox.ts'
import type { Write } from '../../../../src/ports/store.ts'
import { createGatedWorld, type GatedWorld } from '../../gated-store.ts'
import { WAIT } from '../../world.ts'

const SHOP = '34600000001'
let world: GatedWorld['world']
let gate: GatedWorld['gate']
let owner: GatedWorld['owner']
let roundTrip: GatedWorld['roundTrip']
beforeEach(async () => {
  ;({ world, gate, owner, roundTrip } = await createGatedWorld())
})
afterEach(() => world.close())

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
