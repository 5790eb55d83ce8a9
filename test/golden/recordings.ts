import { type LaravelCause, type LaravelFault, notTaken } from '../../src/ports/laravel.ts'
import { incoming } from '../sessions/fakes.ts'
import { opened, type World } from '../sessions/world.ts'
import { linkWithoutRestart, passkeyDemanded, qrReplaced } from './linking-recordings.ts'
import { outageTold, versionRefused } from './outage-recordings.ts'
import {
  DAY,
  endedBy,
  HOUR,
  killed,
  paired,
  type Recording,
  reconnects,
  refuses,
  says,
  send,
  shows,
  starts,
  suspensions,
  throwing,
  update,
} from './recording-steps.ts'

/** The lives that are recorded, by the name of their logs. */
export const recordings: Record<string, Recording> = {
  'first-link': {
    async record(world) {
      await world.linked()
      await says(world, { type: 'socket.named', pushName: 'Ana & Eva' })
      await world.wait(300_000)
      await starts(world)
    },
  },

  'qr-throttled-and-expired': {
    async record(world) {
      await world.shown()
      await world.wait(10_000)
      await shows(world, 'b')
      await shows(world, 'b')
      await world.wait(20_000)
      await world.wait(31_000)
      await shows(world, 'c')
      await world.wait(61_000)
      await starts(world)
      await shows(world, 'd')
      await says(world, endedBy(world, 408, 'QR refs attempts ended'))
      await starts(world)
    },
  },

  'qr-replaced': qrReplaced,
  'passkey-demanded': passkeyDemanded,

  'qr-not-taken': {
    async record(world) {
      const fault = (cause: LaravelCause, route: string): LaravelFault => ({
        ...{ cause, route, status: 500, since: world.clock.now() },
        message: `Laravel has answered 500 on ${route}.`,
      })
      world.laravel.answer = async () => 'unknown'
      world.laravel.fault = fault('server_error', 'GET /whatsapp/status/{id}')
      world.laravel.onPublish = async () => {
        throw notTaken('the QR', fault('server_error', 'POST /qr'))
      }
      await starts(world)
      await shows(world, 'a')
      await world.wait(4_000)
      world.laravel.answer = async () => 'active'
      await world.wait(8_000)
      await shows(world, 'b')
      await world.wait(6_000)
      world.vault.clear('s1')
      await world.wait(6_000)
      world.laravel.onPublish = async () => {}
      await shows(world, 'c')
      await says(world, paired, endedBy(world, 515, 'Stream Errored (restart required)'))
      await says(world, opened)
    },
  },

  'refused-by-laravel': {
    async record(world) {
      world.laravel.answer = async () => 'inactive'
      await starts(world)
      await shows(world, 'a')
      await killed(world)
      world.laravel.answer = async () => 'missing'
      await starts(world)
      await shows(world, 'b')
      await world.wait(20_000)
      world.laravel.answer = async () => 'active'
      await starts(world)
      await shows(world, 'c')
    },
  },

  reconnects: {
    async record(world) {
      await world.linked()
      await reconnects(world, 428, 'Connection Terminated by Server')
      await says(world, endedBy(world, 515, 'Stream Errored (restart required)'))
      await reconnects(world, 408, 'WebSocket Error (handshake timed out)')
      await reconnects(world, 503, 'Stream Errored (unknown)')
      await reconnects(world, 500, 'Handler Failed')
      await says(world, opened)
      world.laravel.answer = () => Promise.withResolvers<never>().promise
      await says(world, endedBy(world, 428, 'Connection Closed'))
      await starts(world)
      await world.wait(5_000)
      await killed(world)
      await world.waitForRetry()
      await world.wait(45_000)
      world.laravel.answer = async () => 'unknown'
      await world.commands.restart('s1')
      await world.settle()
      await says(world, opened)
    },
  },

  'restarts-too-often': {
    async record(world) {
      await world.linked()
      for (let i = 0; i < 5; i++) await says(world, endedBy(world, 515, 'Stream Errored (restart required)'))
      await world.waitForRetry()
      await says(world, opened)
    },
  },

  'cannot-log-in': {
    async record(world) {
      await world.linked()
      await says(world, endedBy(world, 428, 'Connection Closed'))
      for (let i = 0; i < 5; i++) {
        await world.waitForRetry()
        await says(world, endedBy(world, 500, 'noise certificate'))
      }
      await killed(world)
      await starts(world)
      await says(world, opened)
    },
  },

  queued: {
    options: { connect: { concurrency: 1, perSecond: 1_000_000 } },
    async record(world) {
      await world.started('first')
      await world.commands.start({ sessionId: 's1', userId: 'u-1' })
      await world.settle()
      await killed(world)
      world.whatsapp.liveSockets('first')[0]?.report(opened)
      world.whatsapp.liveSockets('s1')[0]?.report(opened)
      await world.settle()
      world.whatsapp.liveSockets('s1')[0]?.report(opened)
      await world.settle()
    },
  },

  'refused-for-its-pace': {
    async record(world) {
      await world.linked()
      const fast = await send(world, 'too fast')
      await refuses(world, fast, '429')
      await world.wait(12_000)
      await update(world, fast, 'sent')
      const stranger = await send(world, 'to somebody new')
      await refuses(world, stranger, '463')
      await killed(world, 60_000)
      await says(world, opened)
    },
  },

  hibernation: {
    options: { policy: 'hibernate' },
    async record(world) {
      await world.linked()
      await world.wait(32 * 60_000)
      await killed(world)
      const woke = await send(world, 'wakes it')
      await says(world, opened)
      await update(world, woke, 'sent')
      await world.wait(32 * 60_000)
      await world.wait(6 * HOUR - 120_000)
      while (world.state() !== 'starting.connecting') await world.wait(5_000)
      await says(world, opened)
      await world.wait(32 * 60_000)
      await starts(world)
      await says(world, opened)
    },
  },

  suspended: {
    async record(world) {
      await world.linked()
      for (const fact of suspensions(world)) {
        await says(world, fact)
        await killed(world)
        if (world.state()?.startsWith('reconnecting')) await starts(world)
        await says(world, opened)
      }
      await says(world, endedBy(world, 402, 'Connection Failure', 3600))
      await world.wait(HOUR)
      await says(world, opened)
    },
  },

  'outage-that-laravel-hears-of': outageTold,
  'version-refused': versionRefused,
  'link-without-a-restart': linkWithoutRestart,

  'suspended-by-laravel': {
    async record(world) {
      await world.linked()
      await world.deliverStatus()
      world.laravel.answer = async () => 'inactive'
      await world.wait(1_000)
      await says(world, endedBy(world, 428, 'Connection Closed'))
      await world.wait(15 * 60_000)
      await killed(world)
      world.laravel.answer = () => Promise.withResolvers<never>().promise
      await world.wait(15 * 60_000)
      await killed(world)
      await world.wait(120_000)
      world.laravel.answer = async () => 'active'
      await world.wait(15 * 60_000)
      await says(world, opened)
    },
  },

  logout: {
    async record(world) {
      await world.linked()
      void world.commands.logout('s1', world.clock.now() + 4000)
      await world.settle()
      await says(world, { type: 'logout.confirmed' })
      await killed(world)
      await starts(world)
      await shows(world, 'z')
    },
  },

  'logout-owed-over-a-restart': {
    async record(world) {
      await world.linked()
      void world.commands.logout('s1', world.clock.now() + 4000)
      await world.settle()
      await world.wait(11_000)
      await killed(world)
      await world.waitForRetry()
      await killed(world)
      await says(world, opened)
      await says(world, endedBy(world, 401, 'Stream Errored (conflict)'))
      await killed(world)
    },
  },

  'logout-before-a-link': {
    async record(world) {
      await world.shown()
      await world.commands.logout('s1', world.clock.now())
      await killed(world)
      await starts(world)
      await shows(world, 'z')
      await says(world, paired)
      void world.commands.logout('s1', world.clock.now())
      await world.settle()
      await shows(world, 'y')
    },
  },

  'deletion-owed': {
    async record(world) {
      await world.linked()
      await says(world, endedBy(world, 428, 'Connection Closed'))
      void world.commands.delete('s1', world.clock.now() + 4000)
      await world.settle()
      await killed(world)
      await says(world, opened, { type: 'logout.confirmed' })
    },
  },

  'deletion-of-what-was-idle': {
    options: { policy: 'delete' },
    async record(world) {
      await world.linked()
      await world.wait(30 * 60_000 - 5_000)
      while (world.state() !== 'open.unlinking') await world.wait(5_000)
      await says(world, { type: 'logout.confirmed' })
    },
  },

  'deletion-before-a-link': {
    async record(world) {
      await world.shown()
      await world.wait(32 * 60_000)
    },
  },

  'banned-with-archive': {
    async record(world) {
      await world.linked()
      await says(world, endedBy(world, 403, 'Connection Failure'))
      await killed(world, 7 * DAY - HOUR)
      await world.wait(HOUR)
      await starts(world)
    },
  },

  'unlinked-by-the-phone': {
    async record(world) {
      await world.linked()
      await says(world, endedBy(world, 401, 'Stream Errored (conflict)'))
      await killed(world)
      await killed(world, 8 * DAY)
      await world.wait(1)
      await starts(world)
      await shows(world, 'y')
      await says(world, paired, endedBy(world, 515, 'Stream Errored (restart required)'))
      await says(world, opened)
    },
  },

  crashes: crashing(),

  sends: {
    async record(world) {
      await world.linked()
      const read = await send(world, 'a voice note')
      for (const status of ['sent', 'delivered', 'read', 'played'] as const) await update(world, read, status)
      const refused = await send(world, 'too many')
      world.whatsapp.socketOf('s1').owner.updated({
        messageId: refused,
        status: 'failed',
        at: world.clock.now(),
        code: '463',
        error: 'No.',
      })
      await world.settle()
      const lost = await send(world, 'never acked')
      for (let i = 0; i < 3; i++) {
        await reconnects(world, 428, 'Connection Closed')
        await says(world, opened)
      }
      await update(world, lost, 'delivered')
      await says(world, endedBy(world, 428, 'Connection Closed'))
      await send(world, 'fails with the logout')
      await world.waitForRetry()
      await says(world, endedBy(world, 401, 'Stream Errored (conflict)'))
    },
  },

  received: {
    async record(world) {
      const socket = await world.linked()
      await socket.owner.received([{ ...incoming('old'), imported: true }])
      await socket.owner.received([incoming('m1'), incoming('m2', '34622222222')])
      await socket.owner.received([incoming('m1'), incoming('old')])
      world.kill()
      const { streamId } = world.stored.sessions.find('s1')!
      await world.boot(({ whatsapp }) => {
        whatsapp.unfinished[streamId] = [incoming('m2', '34622222222'), incoming('m3')]
      })
      await says(world, opened)
    },
  },
}

function crashing(): Recording {
  const fault = { armed: false }
  const fails = async (world: World) => {
    fault.armed = true
    world.whatsapp.liveSockets('s1')[0]?.report({ type: 'socket.named', pushName: 'x' })
    await world.settle()
    fault.armed = false
  }
  return {
    options: throwing('noteName', fault),
    async record(world) {
      await world.linked()
      await fails(world)
      await world.waitForRetry()
      await says(world, opened)
      for (let i = 0; i < 6; i++) {
        await world.supervisor.find('s1')!.actor.guard(() => {
          throw new TypeError('a fault of a callback')
        })
        await world.settle()
      }
      await killed(world)
      await starts(world)
      await says(world, opened)
    },
  }
}
