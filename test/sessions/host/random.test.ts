import fc from 'fast-check'
import { expect, it } from 'vitest'
import { assertProperty } from '../../property.ts'
import { incoming, text } from '../fakes.ts'
import { closedAs, opened, World } from '../world.ts'
import { faultsOf } from './crash-points.ts'

/** What can happen to a world: people, WhatsApp, Laravel, the disk, time, the death of the process. */
const act = fc.record({
  does: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom('start', 'qr', 'open', 'send', 'receive', 'ack') },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        'pair',
        'close',
        'unlinked',
        'banned',
        'suspend',
        'named',
        'confirm',
        'wait',
        'longWait',
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'restart',
        'logout',
        'delete',
        'kill',
        'stop',
        'hold',
        'release',
        'break',
        'mend',
        'crash',
        'sayNo',
        'sayYes',
        'sayNothing',
      ),
    },
  ),
  session: fc.constantFrom('a', 'b'),
  n: fc.nat({ max: 5 }),
})
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never

async function perform(world: World, { does, session, n }: Act, sends: Promise<unknown>[]): Promise<void> {
  const socket = world.whatsapp.liveSockets(session)[0]
  const deadline = world.clock.now() + 4000
  const ask = (promise: Promise<unknown>) => void sends.push(promise.catch((error: unknown) => error))
  const whenOpen = () => world.supervisor.find(session)?.actor.state.startsWith('open')
  switch (does) {
    case 'start':
      return ask(world.commands.start({ sessionId: session, userId: 7 }))
    case 'restart':
      return ask(world.commands.restart(session))
    case 'logout':
      return ask(world.commands.logout(session, deadline))
    case 'delete':
      return ask(world.commands.delete(session, deadline))
    case 'send':
      return ask(world.commands.send(session, text(`3460000000${n}`, `n${n}`), deadline))
    case 'qr':
      return socket?.qr(`qr${n}`, world.clock.now() + 20_000)
    case 'pair':
      return socket?.report({ type: 'socket.paired', waId: '34600000001', lid: null })
    case 'open':
      return socket?.report(opened)
    case 'close':
      return socket?.report(
        closedAs((['backoff', 'reconnectNow', 'backoffCounted', 'backoffLong'] as const)[n % 4]!),
      )
    case 'unlinked':
    case 'banned':
    case 'suspend':
      return socket?.report(closedAs(does, does))
    case 'named':
      return socket?.report({ type: 'socket.named', pushName: `n${n}` })
    case 'confirm':
      return whenOpen() ? socket?.report({ type: 'logout.confirmed' }) : undefined
    case 'receive':
      return socket && void sends.push(socket.owner.received([incoming(`m${n}`)]).catch(() => {}))
    case 'ack':
      for (const { messageId } of socket?.sent ?? [])
        socket!.owner.updated({ messageId, status: n > 2 ? 'delivered' : 'sent', at: world.clock.now() })
      return
    case 'crash':
      return void world.supervisor.find(session)?.actor.guard(() => {
        throw new TypeError('x')
      })
    case 'hold':
      return world.disk.holdWrites()
    case 'release':
      return world.disk.releaseWrites()
    case 'break':
      return world.disk.failWrites()
    case 'mend':
      return world.disk.repair()
    case 'sayNo':
    case 'sayYes':
    case 'sayNothing': {
      const said = { sayNo: 'inactive', sayYes: 'active', sayNothing: 'unknown' } as const
      world.laravel.answer = async () => said[does]
      return
    }
    case 'wait':
      return world.wait(1000 * (1 + n))
    case 'longWait':
      return world.wait(40_000 * (1 + n))
    case 'kill':
    case 'stop': {
      world.disk.repair()
      world.disk.releaseWrites()
      await world.settle()
      if (does === 'kill') world.kill()
      else await world.stop()
      check(world)
      sends.length = 0 // nobody answers for a process that is gone
      return world.boot()
    }
  }
}

/** Everybody does their part: Laravel says yes, WhatsApp lets in and acks; who was logged out stays so. */
async function heal(world: World): Promise<void> {
  world.laravel.answer = async () => 'active'
  for (let i = 0; i < 30; i++) {
    for (const { sessionId } of [...world.stored.sessions.all()]) {
      if (world.state(sessionId)?.startsWith('loggedOut')) continue
      const owes = world.context(sessionId).intent !== 'none'
      if (!owes) await world.commands.start({ sessionId, userId: 7 })
      // A suspended session pays its debt when somebody asks once more.
      else if (world.state(sessionId)?.startsWith('reconnecting.susp'))
        void world.commands.logout(sessionId, world.clock.now())
      await world.settle()
      const socket = world.whatsapp.liveSockets(sessionId)[0]
      socket?.report(opened)
      await world.settle()
      if (socket && socket.logouts > 0) socket.report({ type: 'logout.confirmed' })
      for (const { messageId } of socket?.sent ?? [])
        socket!.owner.updated({ messageId, status: 'sent', at: world.clock.now() })
    }
    await world.wait(20_000)
  }
}

/** What is true of a world at any moment. */
function check(world: World): void {
  expect(world.whatsapp.violations).toEqual([])
  for (const { sessionId } of world.stored.sessions.all()) {
    expect(world.whatsapp.liveSockets(sessionId).length).toBeLessThan(2)
    expect(faultsOf(world, sessionId)).toEqual([])
  }
}

it(
  'Sessions under random actions have logs that fold, one socket at most, nothing doubled and no unhandled error',
  { timeout: 180_000 },
  () =>
    assertProperty(
      fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 60, size: 'max' }), async acts => {
        const world = await World.start({
          policy: 'hibernate',
          connect: { concurrency: 2, perSecond: 1_000_000 },
        })
        const sends: Promise<unknown>[] = []
        // Most walks begin with a session that is linked.
        if (acts.length % 3 > 0) await world.linked('a')
        for (const one of acts) {
          await perform(world, one, sends)
          await world.settle()
          check(world)
        }
        world.disk.repair()
        world.disk.releaseWrites()
        await world.wait(10_000)
        // Every caller is answered, and a session is either running or gone.
        await Promise.all(sends)
        expect(world.supervisor.problem()).toBe(null)
        for (const { sessionId } of world.stored.sessions.all()) {
          const { actor } = world.entry(sessionId)
          expect(actor.state).toBe(world.state(sessionId))
          const wants = /^(starting\.connecting|open|awaitingQr\.(verifying|publishing|shown|linking))/.test(
            actor.state,
          )
          expect(world.whatsapp.liveSockets(sessionId).length, actor.state).toBe(wants ? 1 : 0)
        }
        await heal(world)
        for (const { sessionId, streamId } of world.stored.sessions.all()) {
          expect(world.state(sessionId), sessionId).toMatch(/^(open\.sett|loggedOut)/)
          expect(world.context(sessionId).intent).toBe('none')
          expect(world.stored.messages.unsent(streamId)).toEqual([])
        }
        check(world)
        await world.end()
      }),
      { numRuns: 60 },
    ),
)
