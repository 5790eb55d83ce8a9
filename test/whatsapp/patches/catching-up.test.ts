import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createWorld, type Owner, WAIT, type World } from '../world.ts'

const patch = vi.hoisted(() => ({ isOn: true }))
vi.mock(import('../../../src/whatsapp/patches/arrival-order.ts'), async original => {
  const module = await original()
  class ArrivalOrder extends module.ArrivalOrder {
    override watch(ws: Parameters<InstanceType<typeof module.ArrivalOrder>['watch']>[0]): void {
      if (patch.isOn) super.watch(ws)
    }
  }
  return { ...module, ArrivalOrder }
})

const PN = '34600000001'
let world: World
let owner: Owner
beforeAll(async () => {
  world = await createWorld()
  owner = await world.linked(PN)
  await owner.opened()
})
afterAll(() => world.close())

/** More than Baileys works off without letting others in between. */
const WAITING = Array.from({ length: 100 }, (_, i) => `waiting ${i}`)

/** What is told of a group in which Ana wrote a lot while we were away, and Eva while it is being read. */
async function catchUp(name: string): Promise<(string | null)[]> {
  const [ana, eva] = [world.sim.contact('34611000001'), world.sim.contact('34611000002')]
  const group = world.sim.group(name, [PN, ana.pn, eva.pn])
  const told = () =>
    owner.received_.filter(({ message }) => message.chat_id === group.jid).map(({ message }) => message.body)
  for (const [contact, body] of [
    [ana, 'warm up'],
    [eva, 'warm up'],
  ] as const)
    await contact.say(group.jid, body)
  await vi.waitFor(() => expect(told()).toHaveLength(2), WAIT)
  await owner.socket!.end()
  for (const body of WAITING) await ana.say(group.jid, body)
  const begun = Promise.withResolvers<void>()
  owner.refuse = heard => {
    if (Array.isArray(heard)) begun.resolve()
  }
  await owner.opened()
  await begun.promise
  await eva.say(group.jid, 'live')
  await vi.waitFor(() => expect(told()).toHaveLength(WAITING.length + 3), WAIT)
  return told().slice(2)
}

describe('what arrives while older messages are worked off', () => {
  it('needs the arrival order: with Baileys alone it overtakes them', async () => {
    patch.isOn = false
    const order = await catchUp('unpatched')
    expect(order, 'upstream mended it: drop arrival-order.ts').not.toEqual([...WAITING, 'live'])
  })

  it('waits for them', async () => {
    patch.isOn = true
    expect(await catchUp('patched')).toEqual([...WAITING, 'live'])
  })
})
