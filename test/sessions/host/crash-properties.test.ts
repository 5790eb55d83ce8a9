import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { SessionActor } from '../../../src/sessions/host/session-actor.ts'
import { Idempotency } from '../../../src/sessions/sending/idempotency.ts'
import { assertProperty } from '../../property.ts'
import { text } from '../fakes.ts'
import { closedAs, World, type WorldOptions } from '../world.ts'
import { DyingDisk, faultsOf, Outside } from './crash-points.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

const does = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom('open', 'open', 'send', 'sendWithKey', 'acks', 'flush') },
  { weight: 5, arbitrary: fc.constantFrom('say', 'hold', 'die', 'wait') },
  { weight: 3, arbitrary: fc.constantFrom('start', 'qr', 'pair', 'close', 'deliver', 'sayAgain') },
  { weight: 1, arbitrary: fc.constantFrom('dieWhileStarting', 'replay', 'longWait', 'restart', 'stop') },
  { weight: 1, arbitrary: fc.constantFrom('logout', 'delete', 'confirm', 'unlinked', 'banned', 'suspend') },
  { weight: 1, arbitrary: fc.constantFrom('sayNo', 'sayYes') },
)
const act = fc.record({
  does,
  session: fc.constantFrom('a', 'a', 'a', 'b'),
  n: fc.nat({ max: 7 }),
  /** Turns of the event loop before the next act. */
  turns: fc.nat({ max: 9 }),
})
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never

interface Walk {
  world: World
  disk: DyingDisk
  outside: Outside
  count: number
}

const turns = async (n: number) => {
  for (let i = 0; i < n; i++) await setImmediate()
}

/** The process dies now; `n` of the writes in line had become durable. A new one begins, and may die while it does. */
async function die({ world, disk, outside }: Walk, n: number, whileStarting: boolean): Promise<void> {
  const kill = async () => {
    world.kill()
    await disk.die(n)
    // What the dead process had been told of as durable it may have acted on before it died.
    await turns(10)
    for (const { sessionId } of world.stored.sessions.all()) expect(faultsOf(world, sessionId)).toEqual([])
  }
  await kill()
  if (whileStarting) {
    void world.boot(next => outside.watchProcess(next))
    await turns(n)
    await kill()
  }
  await world.boot(next => outside.watchProcess(next))
}

async function perform(walk: Walk, { does, session, n }: Act): Promise<void> {
  const { world, disk, outside } = walk
  const { commands, clock } = world
  const socket = world.whatsapp.liveSockets(session)[0]
  const deadline = clock.now() + 4000
  const ask = (answer: Promise<unknown>) => outside.watchAnswer(session, answer)
  const { state = '', context } = world.supervisor.find(session)?.actor ?? {}
  const retryAt = context?.retryAt ?? 0
  switch (does) {
    case 'start':
      return ask(commands.start({ sessionId: session, userId: 7 }))
    case 'restart':
      return ask(commands.restart(session))
    case 'logout':
      return ask(commands.logout(session, deadline))
    case 'delete':
      return ask(commands.delete(session, deadline))
    case 'send':
      return ask(commands.send(session, text(`3461111111${n % 2}`, `b${walk.count++}`), deadline))
    case 'sendWithKey':
      return ask(
        commands.send(session, text('34611111112', `${session} key ${n % 2}`), deadline, `key ${n % 2}`),
      )
    case 'qr':
      return socket?.qr(`qr${n}`, clock.now() + 20_000)
    case 'pair': {
      if (socket === undefined) return
      const { streamId, epoch } = socket.owner
      const keys = [{ type: 'creds', id: '0', value: new Uint8Array([n]) }]
      void world.store.commit({ streamId, epoch, keys }).catch(() => {})
      socket.report({ type: 'socket.paired', waId: '34600000001', lid: null })
      return socket.report(closedAs('reconnectNow', 'restart'))
    }
    case 'open':
      if (state === 'reconnecting.waiting') return clock.advance(Math.max(0, retryAt - clock.now()))
      if (!(await hasCredentials(world, session))) return
      if (socket === undefined) return
      outside.openOnce(socket)
      return outside.handOver(session, socket)
    case 'close':
      return socket?.report(closedAs((['backoff', 'reconnectNow', 'backoffCounted'] as const)[n % 3]!))
    case 'unlinked':
    case 'banned':
    case 'suspend':
      return socket?.report(closedAs(does, does))
    case 'confirm':
      return state === 'open.unlinking' ? socket?.report({ type: 'logout.confirmed' }) : undefined
    case 'say':
    case 'sayAgain':
      outside.pending.push({
        session,
        id: does === 'say' ? `m${walk.count++}` : `m${Math.max(0, walk.count - n)}`,
      })
      return socket && state.startsWith('open') ? outside.handOver(session, socket) : undefined
    case 'acks':
      for (const { messageId } of socket?.sent ?? [])
        if (n !== 7) socket!.owner.updated({ messageId, status: ACKS[n % 4]!, at: clock.now() })
        else
          socket!.owner.updated({ messageId, status: 'failed', at: clock.now(), code: '463', error: 'No.' })
      return
    case 'deliver':
      return outside.deliver(n > 1)
    case 'replay': {
      const row = world.stored.sessions.find(session)
      if (row === null) return
      outside.allowReplay(row.streamId)
      return ask(commands.replay(session, 0, row.lastSeq))
    }
    case 'sayNo':
    case 'sayYes':
      outside.laravelSays = does === 'sayNo' ? 'inactive' : 'active'
      return
    case 'hold':
      disk.held = true
      return
    case 'flush':
      return disk.flush(n)
    case 'wait':
      return world.clock.advance(1000 * (1 + n))
    case 'longWait':
      return world.clock.advance(40_000 * (1 + n))
    case 'die':
    case 'dieWhileStarting':
      return die(walk, n, does === 'dieWhileStarting')
    case 'stop':
      disk.held = false
      await disk.flush()
      await world.stop()
      return world.boot(next => outside.watchProcess(next))
  }
}

const ACKS = ['sent', 'delivered', 'read', 'played'] as const

const hasCredentials = async ({ stored }: World, session: string) => {
  const row = stored.sessions.find(session)
  return row !== null && 0 in stored.keys.get(row.streamId, 'creds', ['0'])
}

/** Whoever is linked, or may be so again without a new QR, has its credentials. */
function checkCredentials(world: World): void {
  for (const { sessionId, streamId, state } of world.stored.sessions.all()) {
    const { linked, archiveUntil, waId } = world.context(sessionId)
    const kept = waId !== null && (archiveUntil !== null || (linked && !state.startsWith('loggedOut')))
    const has = 0 in world.stored.keys.get(streamId, 'creds', ['0'])
    if (kept) expect(has, `${state} keeps its credentials`).toBe(true)
  }
}

/** Everybody does their part until nothing waits any more; who was logged out stays so. */
async function finishEverything({ world, disk, outside }: Walk): Promise<void> {
  disk.held = false
  await disk.flush()
  outside.laravelSays = 'active'
  for (let i = 0; i < 30; i++) {
    for (const { sessionId } of [...world.stored.sessions.all()]) {
      const state = world.state(sessionId)!
      if (state.startsWith('loggedOut')) continue
      if (world.context(sessionId).intent === 'none') await world.commands.start({ sessionId, userId: 7 })
      else if (state.startsWith('reconnecting.susp')) void world.commands.logout(sessionId, world.clock.now())
      await world.settle()
      const socket = world.whatsapp.liveSockets(sessionId)[0]
      if (socket === undefined) continue
      if (!(await hasCredentials(world, sessionId))) {
        const { streamId, epoch } = socket.owner
        await world.store.commit({
          streamId,
          epoch,
          keys: [{ type: 'creds', id: '0', value: new Uint8Array(1) }],
        })
      }
      outside.openOnce(socket)
      await world.settle()
      if (socket.logouts > 0) socket.report({ type: 'logout.confirmed' })
      outside.handOver(sessionId, socket)
      for (const { messageId } of socket.sent)
        socket.owner.updated({ messageId, status: 'sent', at: world.clock.now() })
    }
    await world.wait(20_000)
  }
  for (let i = 0; i < 100 && world.stored.deliveries.lanes('', 1_000).length > 0; i++)
    await outside.deliver(true)
}

interface Faults {
  options?: WorldOptions
  resolvesEarly?: boolean
}

async function walk(acts: Act[], { options, resolvesEarly = false }: Faults = {}): Promise<void> {
  const world = await World.start({
    policy: 'hibernate',
    connect: { concurrency: 2, perSecond: 1_000_000 },
    ...options,
  })
  const disk = new DyingDisk(world.store, resolvesEarly)
  const outside = new Outside(world, disk)
  const all: Walk = { world, disk, outside, count: 0 }
  const run = async () => {
    if (acts.length % 4 > 0) await link(all)
    for (const one of acts) {
      await perform(all, one)
      await turns(one.turns)
      outside.check()
      expect(world.whatsapp.violations).toEqual([])
      checkCredentials(world)
    }
    await die(all, acts.length % 8, false)
    await finishEverything(all)
    outside.check()
    checkEnd(all)
  }
  const walked = await settled(run())
  disk.held = false
  await disk.flush()
  const ended = await settled(world.end())
  // What the walk found comes first: the world's own fold would hide it.
  for (const outcome of [walked, ended]) if (outcome.status === 'rejected') throw outcome.reason
}

const settled = async (promise: Promise<void>) => (await Promise.allSettled([promise]))[0]

/** The session `a` is linked and open, so that most walks get deep. */
async function link(all: Walk): Promise<void> {
  const step = async (does: Act['does']) => {
    await perform(all, { does, session: 'a', n: 0, turns: 0 })
    await all.world.settle()
  }
  for (const one of ['start', 'qr', 'pair', 'open'] as const) await step(one)
  expect(all.world.state('a')).toBe('open.settling')
}

/** After everybody did their part: the sessions went on, and nothing was lost or doubled. */
function checkEnd({ world, outside }: Walk): void {
  for (const { sessionId, streamId } of world.stored.sessions.all()) {
    expect(faultsOf(world, sessionId)).toEqual([])
    expect(world.state(sessionId)).toMatch(/^(open\.sett|loggedOut)/)
    expect(world.entry(sessionId).actor.state).toBe(world.state(sessionId))
    expect(world.context(sessionId).intent).toBe('none')
    expect(world.stored.messages.unsent(streamId)).toEqual([])
    const open = world.state(sessionId)!.startsWith('open')
    if (open) expect(outside.pending.filter(({ session }) => session === sessionId)).toEqual([])
    if (world.state(sessionId) === 'loggedOut.neverLinked')
      expect(world.stored.keys.get(streamId, 'creds', ['0'])).toEqual({})
  }
  const living = ({ streamId }: { streamId: string }) => !outside.isDeleted(streamId)
  for (const { streamId, messageId } of outside.promised.filter(living))
    expect(world.stored.messages.find(streamId, messageId, 'out')).not.toBe(null)
  for (const { streamId, id } of outside.acked.filter(living)) {
    const row = world.stored.messages.find(streamId, id, 'in')
    expect(row, `${id} was acked`).not.toBe(null)
    expect(outside.delivered.get(`${streamId}.${row!.seq}.messages`), id).toBeGreaterThan(0)
  }
}

const property = (faults?: Faults) =>
  fc.asyncProperty(fc.array(act, { minLength: 15, maxLength: 60, size: 'max' }), acts => walk(acts, faults))

it(
  'A kill at any moment loses nothing, doubles nothing, and finds nothing done that the log had not asked for',
  { timeout: 180_000 },
  () => assertProperty(property(), { numRuns: 60 }),
)

describe('The property of kills fails with', () => {
  const found = async (faults?: Faults): Promise<string> => {
    const { failed, errorInstance } = await fc.check(property(faults), {
      numRuns: 60,
      seed: 7,
      endOnFailure: true,
    })
    expect(failed).toBe(true)
    return String(errorInstance)
  }

  it('a store that resolves before it commits', async () => {
    expect(await found({ resolvesEarly: true })).toMatch(/before the log asked for it|not in the log/)
  })

  it('a session actor whose effects do not wait for the commit', async () => {
    vi.spyOn(SessionActor.prototype, 'effect').mockImplementation(function (this: SessionActor, run) {
      queueMicrotask(() => void this.guard(run))
    })
    expect(await found()).toMatch(/before the log asked for it/)
  })

  it('a session actor whose questions and publications do not wait for the commit', async () => {
    vi.spyOn(SessionActor.prototype, 'runConcurrently').mockImplementation(function (
      this: SessionActor,
      run,
    ) {
      queueMicrotask(() => void this.guard(run))
    })
    expect(await found()).toMatch(/before the log asked for it|did not ask for/)
  })

  it('a machine that never throttles QRs', async () => {
    const machine: WorldOptions['machine'] = bound =>
      bound.provide({ guards: { isThrottled: () => false } }) as typeof bound
    expect(await found({ options: { machine } })).toMatch(/two QRs within 30 s|before the log asked for it/)
  })

  it('a session actor that forgets idempotency keys', async () => {
    vi.spyOn(Idempotency.prototype, 'once').mockImplementation((_key, _content, send) =>
      send({ key: String(Math.random()), hash: '' }),
    )
    expect(await found()).toMatch(/bytes of one send under 2 ids/)
  })
})
