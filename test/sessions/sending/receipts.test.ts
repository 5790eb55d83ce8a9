import { afterEach, beforeEach, expect, it } from 'vitest'
import { World } from '../world.ts'
import { sendingIn } from './sending.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())

const { send, message } = sendingIn(() => world)

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
