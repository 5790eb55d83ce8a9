import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Write } from '../../../src/ports/store.ts'
import { GatedStore } from '../gated-store.ts'
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
let gate: GatedStore
let owner: Owner
beforeAll(async () => {
  world = await createWorld()
  gate = new GatedStore(world.store)
  owner = await world.linked(PN)
  owner.via = world.another({}, gate.store)
  await owner.opened()
})
afterAll(() => world.close())

const keepsMessage = ({ inbox }: Write) => inbox?.some(row => 'put' in row) === true

/** What is told of a group in which Ana wrote twice while we were away, and Eva while the first of it is being read. */
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
  await ana.say(group.jid, 'first')
  await ana.say(group.jid, 'second')
  const held = gate.hold(keepsMessage)
  await owner.opened()
  await held.reached
  await eva.say(group.jid, 'third')
  held.release()
  await vi.waitFor(() => expect(told()).toHaveLength(5), WAIT)
  return told().slice(2)
}

describe('what arrives while older messages are worked off', () => {
  it('needs the arrival order: with Baileys alone it overtakes them', async () => {
    patch.isOn = false
    const order = await catchUp('unpatched')
    expect(order, 'upstream mended it: drop arrival-order.ts').not.toEqual(['first', 'second', 'third'])
  })

  it('waits for them', async () => {
    patch.isOn = true
    expect(await catchUp('patched')).toEqual(['first', 'second', 'third'])
  })
})
