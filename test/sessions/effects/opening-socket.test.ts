import { afterEach, beforeEach, expect, it } from 'vitest'
import { deferred } from '../fakes.ts'
import { World } from '../world.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())

/** The credentials of the sockets that open from now on are read when the test says so. */
function holdCredentials(): () => void {
  const { promise, resolve } = deferred()
  world.whatsapp.onCredentials = () => promise
  return resolve
}

it('A socket that nobody wants any more when its credentials have been read is never opened', async () => {
  await world.linked()
  const opened = world.whatsapp.sockets.length
  const release = holdCredentials()
  await world.commands.restart('s1')
  await world.settle()
  const stopped = world.supervisor.stop()
  await world.settle()
  release()
  await stopped
  await world.settle()
  expect(world.whatsapp.sockets).toHaveLength(opened)
  world.kill()
})

it('A session that is restarted while credentials are read has one socket, which is the newer one', async () => {
  await world.linked()
  const opened = world.whatsapp.sockets.length
  const release = holdCredentials()
  await world.commands.restart('s1')
  await world.settle()
  await world.commands.restart('s1')
  await world.settle()
  release()
  await world.settle()
  expect(world.whatsapp.sockets).toHaveLength(opened + 1)
  expect(world.whatsapp.liveSockets()).toHaveLength(1)
})
