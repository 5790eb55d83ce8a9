import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Write } from '../../../src/ports/store.ts'
import { GatedStore } from '../gated-store.ts'
import { createWorld, type Owner, WAIT, type World } from '../world.ts'

const patch = vi.hoisted(() => ({ isOn: true }))
vi.mock(import('../../../src/whatsapp/patches/chat-serializer.ts'), async original => {
  const { serializeChats } = await original()
  return { serializeChats: ws => (patch.isOn ? serializeChats(ws) : undefined) }
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
  owner.on = gate.store
  await owner.opened()
})
afterAll(() => world.close())

const mapsLid = ({ keys }: Write) => keys?.some(({ type }) => type === 'lid-mapping') === true
const textsFrom = (lid: string) =>
  owner.received_.filter(({ message }) => message.from_lid === lid).map(({ message }) => message.body)

const BODIES = Array.from({ length: 5 }, (_, i) => `b${i}`)

/** What is told of twenty new contacts that write five messages each, all at once and under both of their addresses. */
async function burstOfMany(round: number): Promise<(string | null)[][]> {
  const contacts = Array.from({ length: 20 }, (_, i) =>
    world.sim.contact(`346120${String(round * 100 + i).padStart(5, '0')}`),
  )
  const burst = async (contact: (typeof contacts)[number], number: number) => {
    for (const [i, body] of BODIES.entries()) {
      await contact.say(PN, body, { addressing: (number + i) % 3 === 0 ? 'lid' : 'pn' })
    }
  }
  await Promise.all(contacts.map(burst))
  for (const { account } of contacts)
    await vi.waitFor(() => expect(textsFrom(account.lidJid)).toHaveLength(BODIES.length), WAIT)
  return contacts.map(({ account }) => textsFrom(account.lidJid))
}

describe('the first burst of a contact', () => {
  it('keeps its order while the LID of the contact is being stored', async () => {
    const ana = world.sim.contact('34611000001')
    const first = gate.hold(mapsLid)
    await ana.say(PN, 'm1')
    await first.reached
    await ana.say(PN, 'm2')
    first.release()
    // Baileys stores the mapping once per message that did not find it, and decrypts the third one meanwhile.
    const second = gate.hold(mapsLid)
    await vi.waitFor(() => expect(textsFrom(ana.account.lidJid)).toContain('m1'), WAIT)
    await ana.say(PN, 'm3')
    await vi.waitFor(() => expect(textsFrom(ana.account.lidJid).length).toBeGreaterThan(1), WAIT)
    second.release()
    await vi.waitFor(() => expect(textsFrom(ana.account.lidJid)).toHaveLength(3), WAIT)
    expect(textsFrom(ana.account.lidJid)).toEqual(['m1', 'm2', 'm3'])
  })

  it('keeps its order for many contacts at once, under both of their addresses', async () => {
    for (let round = 0; round < 4; round++)
      for (const bodies of await burstOfMany(round)) expect(bodies).toEqual(BODIES)
  }, 60_000)

  it('needs the chat serializer: with Baileys alone later messages overtake', async () => {
    patch.isOn = false
    await owner.socket!.end()
    await owner.opened()
    const told: (string | null)[][] = []
    for (let round = 4; round < 8 && !told.some(isOutOfOrder); round++)
      told.push(...(await burstOfMany(round)))
    expect(told.some(isOutOfOrder), 'upstream mended it: drop chat-serializer.ts').toBe(true)
  }, 60_000)
})

const isOutOfOrder = (bodies: (string | null)[]) => bodies.join() !== BODIES.join()
