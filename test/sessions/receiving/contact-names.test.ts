import { afterEach, beforeEach, expect, it } from 'vitest'
import { ContactNames } from '../../../src/sessions/receiving/contact-names.ts'
import { incoming } from '../fakes.ts'
import { World } from '../world.ts'

let world: World
let names: ContactNames
beforeEach(async () => {
  world = await World.start()
  await world.linked()
  names = new ContactNames({ store: world.store, clock: world.clock })
})
afterEach(() => world.end())

let count = 0
const write = (push_name: string | null, more: object = {}, imported = false) => {
  const message = incoming(`m${count++}`, undefined, {
    push_name,
    from: '34611111111',
    from_lid: '7@lid',
    ...more,
  })
  return names.learn(world.entry().actor, [{ ...message, ...(imported && { imported: true as const }) }])
}
const told = () =>
  world.disk.committed
    .flatMap(({ accountEvents = [] }) => accountEvents)
    .map(({ event }) => event.type === 'contact' && event.name)

it('Another name is told, the first and the same are not', async () => {
  for (const name of ['Ana', 'Ana', null, 'Ana Maria', 'Ana Maria', 'Ana']) await write(name)
  expect(told()).toEqual(['Ana Maria', 'Ana'])
  const [{ event } = { event: null }] = world.disk.committed.flatMap(
    ({ accountEvents = [] }) => accountEvents,
  )
  expect(event).toMatchObject({ type: 'contact', jid: '7@lid', phone: '34611111111', change: 'name' })
})

it('Names are of one person each, and outlive the process', async () => {
  await write('Ana')
  await write('Eva', { from: '34622222222', from_lid: null })
  names = new ContactNames({ store: world.store, clock: world.clock })
  await write('Ana')
  await write('Leo', { from: '34622222222', from_lid: null })
  expect(told()).toEqual(['Leo'])
})

it('Own messages, history and authors without an address say no name', async () => {
  await write('Ana')
  await write('Shop', { from_me: true })
  await write('Old', {}, true)
  await write('Nobody', { from: null, from_lid: null })
  expect(told()).toEqual([])
})

it('A name that is known costs no commit', async () => {
  await write('Ana')
  const { length } = world.disk.committed
  await write('Ana')
  expect(world.disk.committed).toHaveLength(length)
})

it('Another name is stored in the commit that tells it: a crash tells it neither twice nor never', async () => {
  await write('Ana')
  const { length } = world.disk.committed
  await write('Ana Maria')
  expect(world.disk.committed.slice(length)).toMatchObject([
    { contactNames: [{ name: 'Ana Maria' }], accountEvents: [{ event: { name: 'Ana Maria' } }] },
  ])
})

it('Another name that could not be stored is told with the next message', async () => {
  await write('Ana')
  world.disk.refuseWrites(({ accountEvents }) => accountEvents !== undefined)
  await expect(write('Ana Maria')).rejects.toThrow()
  world.disk.refuseWrites(() => false)
  await world.wait(1_000)
  await write('Ana Maria')
  expect(told()).toEqual(['Ana Maria'])
})

it('A name that two messages say at once is told once, and of two the later one stays', async () => {
  await write('Ana')
  // Nothing of it is in memory.
  names = new ContactNames({ store: world.store, clock: world.clock })
  await Promise.all(['Eva', 'Eva', 'Leo'].map(name => write(name)))
  expect(told()).toEqual(['Eva', 'Leo'])
  const { streamId } = world.entry().actor
  expect(world.stored.accountEvents.nameOf(streamId, '7@lid')).toBe('Leo')
})
