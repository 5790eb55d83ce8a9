import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createWorld, type Owner, WAIT, type World } from './world.ts'

let world: World
let owner: Owner
beforeAll(async () => {
  world = await createWorld()
  owner = await world.linked('34600000001')
})
afterAll(() => world.close())

/** What keeps this process alive, and who listens to it. */
function held() {
  const resources = process.getActiveResourcesInfo().filter(kind => kind !== 'Immediate')
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
  return { timers: resources.filter(kind => kind === 'Timeout').length, all: resources.length, listeners }
}

it('twelve reconnects with traffic leave no timer, no handle and no listener behind', async () => {
  const ana = world.sim.contact('34611000001')
  async function once() {
    await owner.opened()
    await ana.say('34600000001', 'in')
    await vi.waitFor(() => expect(owner.received_.at(-1)?.message.body).toBe('in'), WAIT)
    const id = world.whatsApp.newMessageId()
    await owner.socket!.send(id, { type: 'text', to: ana.account.jid, body: 'out', reply_to: null })
    await owner.update(id, 'delivered')
    await owner.socket!.end()
    owner.received_.length = 0
  }
  await once()
  const before = held()
  for (let i = 0; i < 12; i++) await once()
  // vi.waitFor itself polls with a timer.
  await vi.waitFor(() => {
    const after = held()
    expect(after.timers).toBeLessThanOrEqual(before.timers + 2)
    expect(after.all).toBeLessThanOrEqual(before.all + 2)
    expect(after.listeners).toBeLessThanOrEqual(before.listeners)
  }, WAIT)
})
