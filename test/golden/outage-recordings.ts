import { opened } from '../sessions/world.ts'
import { endedBy, killed, type Recording, says } from './recording-steps.ts'

/** Five failures at login and three tries, each refused; Laravel hears of it after an hour. */
export const outageTold: Recording = {
  async record(world) {
    await world.linked()
    await says(world, endedBy(world, 428, 'Connection Closed'))
    for (let i = 0; i < 8; i++) {
      await world.waitForRetry()
      await says(world, endedBy(world, 500, 'Connection Failure'))
    }
    await killed(world)
    await world.waitForRetry()
    await says(world, opened)
    await world.wait(300_000)
  },
}

/** WhatsApp refuses the version of the client to another session, and lets that one in later. */
export const versionRefused: Recording = {
  async record(world) {
    await world.linked()
    const other = await world.started('other')
    other.report(endedBy(world, 405, 'Connection Failure') as never)
    await world.wait(60_000)
    await says(world, endedBy(world, 428, 'Connection Closed'))
    await world.waitForRetry()
    await world.wait(14 * 60_000)
    world.whatsapp.socketOf('other').report(opened)
    await world.settle()
    await says(world, opened)
  },
}
