import { afterEach, beforeEach, expect, it } from 'vitest'
import { World } from '../world.ts'
import { sendingIn } from './sending.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())

const { send, message, facts } = sendingIn(() => world)

it('A receipt is said to be stored when it is, also to whoever says it twice', async () => {
  const socket = await world.linked()
  void send()
  await world.settle()
  const { messageId } = socket.sent[0]!
  let stored = 0
  const receipt = async () => {
    await socket.owner.updated({ messageId, status: 'delivered', at: world.clock.now() })
    stored++
  }
  world.disk.holdWrites()
  const receipts = [receipt(), receipt()]
  await world.settle()
  expect([stored, message(messageId).status]).toEqual([0, 'transmitted'])
  world.disk.releaseWrites()
  await Promise.all(receipts)
  expect([stored, message(messageId).status]).toEqual([2, 'delivered'])
})

it('A receipt that is told twice is noted once, however much is on its way into the store', async () => {
  const socket = await world.linked()
  for (let n = 0; n < 120; n++) void send()
  await world.settle()
  const ids = socket.sent.map(({ messageId }) => messageId)
  expect(ids).toHaveLength(120)
  const read = (messageId: string, status: 'delivered' | 'read') =>
    socket.owner.updated({ messageId, status, at: world.clock.now() })
  world.disk.holdWrites()
  const told = [read(ids[0]!, 'read'), ...ids.slice(1).map(id => read(id, 'delivered'))]
  told.push(read(ids[0]!, 'delivered'))
  await world.settle()
  world.disk.releaseWrites()
  await Promise.all(told)
  expect(message(ids[0]!).history.map(({ status }) => status)).toEqual(['queued', 'transmitted', 'read'])
  expect(facts(ids[0]!)).toEqual(['queued', 'transmitted', 'read'])
})
