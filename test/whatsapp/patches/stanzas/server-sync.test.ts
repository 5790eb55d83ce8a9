import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createWorld, type Owner, WAIT, type World } from '../../world.ts'
import { nextId, stanza } from './stanzas.ts'

const patch = vi.hoisted(() => ({ isOn: true }))
vi.mock(import('../../../../src/whatsapp/patches/stanzas/server-sync.ts'), async original => {
  const { syncAllCollections } = await original()
  return { syncAllCollections: socket => (patch.isOn ? syncAllCollections(socket) : undefined) }
})

const NAMES = ['regular_high', 'regular_low', 'critical_block']

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

/** The collections that a new session fetches after it was told of three. */
async function fetched(pn: string) {
  const owner: Owner = await world.linked(pn)
  await owner.opened()
  const device = world.sim.phone(pn).devices[0]!
  const before = device.synced.length
  const collections = NAMES.map(name => stanza('collection', { name, version: '1' }))
  world.sim.push(
    pn,
    stanza(
      'notification',
      { from: `${pn}@s.whatsapp.net`, id: nextId(), type: 'server_sync', t: '1' },
      collections,
    ),
  )
  await vi.waitFor(() => expect(device.synced.length).toBeGreaterThan(before), WAIT)
  await vi.waitFor(() => expect(world.sim.unacked).toEqual([]), WAIT)
  return device.synced.slice(before).toSorted()
}

it('is needed: Baileys fetches the first collection only', async () => {
  patch.isOn = false
  expect(await fetched('34600000001'), 'upstream mended it: drop server-sync.ts').toEqual(['regular_high'])
})

it('fetches each collection that has changed', async () => {
  patch.isOn = true
  expect(await fetched('34600000002')).toEqual(NAMES.toSorted())
})
