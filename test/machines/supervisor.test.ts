import { describe, expect, it } from 'vitest'
import { createActor } from 'xstate'
import { supervisorMachine } from '../../machines/supervisor.machine.ts'
import type { SupervisorEvent } from '../../machines/supervisor.setup.ts'
import { createTestClock } from '../base/clock.ts'
import { MINUTE, SECOND } from './probe.ts'

const ACTIONS = [
  'spawnSession',
  'restartSession',
  'suspendSession',
  'bringBackSession',
  'reapIdleSessions',
  'stopAll',
  'tryStore',
] as const

/** The machine on a simulated clock; what it would do is written down. */
function supervisor() {
  const clock = createTestClock()
  const done: string[] = []
  const note =
    (name: string) =>
    ({ event }: { event: object }) =>
      void done.push('sessionId' in event ? `${name} ${event.sessionId}` : name)
  const bound = supervisorMachine.provide({
    actions: Object.fromEntries(ACTIONS.map(name => [name, note(name)])) as never,
  })
  const actor = createActor(bound, { clock: clock as never }).start()
  const send = (event: SupervisorEvent) => actor.send(event)
  return {
    clock,
    done,
    send,
    crash: (sessionId: string) =>
      send({ type: 'session.crashed', sessionId, at: clock.now(), error: 'TypeError', stack: [] }),
    lose: (sessionId: string) => send({ type: 'session.lost', sessionId, at: clock.now() }),
    fail: (sessionId: string) => send({ type: 'session.returnFailed', sessionId, at: clock.now() }),
    snapshot: () => actor.getSnapshot(),
  }
}

describe('The supervisor', () => {
  it('reaps idle sessions every minute while it serves', async () => {
    const s = supervisor()
    await s.clock.advance(3 * MINUTE)
    expect(s.done).toEqual(['reapIdleSessions', 'reapIdleSessions', 'reapIdleSessions'])
  })
})

describe('When the store fails, the supervisor', () => {
  it('stops every session once, tries the store every 2 s, and serves again when it works', async () => {
    const s = supervisor()
    s.send({ type: 'store.failed' })
    s.send({ type: 'store.failed' })
    await s.clock.advance(5 * SECOND)
    expect(s.done).toEqual(['stopAll', 'tryStore', 'tryStore'])
    s.send({ type: 'store.recovered' })
    await s.clock.advance(MINUTE)
    expect(s.done.slice(3)).toEqual(['reapIdleSessions'])
  })

  it('spawns no new session, and restores stored ones', () => {
    const s = supervisor()
    s.send({ type: 'store.failed' })
    s.send({ type: 'session.requested', entry: { actor: { sessionId: 'new' } } })
    s.send({ type: 'session.restored', entry: { actor: { sessionId: 'stored' } } })
    expect(s.done).toEqual(['stopAll', 'spawnSession'])
    expect(s.snapshot().context.live).toBe(1)
  })
})

describe('A session that crashes', () => {
  it("is restarted five times within a minute and suspended at the sixth crash, without other sessions' crashes counted", async () => {
    const s = supervisor()
    for (let i = 0; i < 6; i++) {
      s.crash('a')
      s.crash(`other${i}`)
      await s.clock.advance(SECOND)
    }
    const a = s.done.filter(one => one.endsWith(' a'))
    expect(a).toEqual([...Array(5).fill('restartSession a'), 'suspendSession a'])
    expect(s.done.filter(one => one.startsWith('suspendSession'))).toEqual(['suspendSession a'])
  })

  it('is only restarted when it crashes now and then, and its crashes are forgotten once they no longer count', async () => {
    const s = supervisor()
    for (let i = 0; i < 20; i++) {
      s.crash('a')
      s.crash(`other${i}`)
      await s.clock.advance(12_001)
    }
    expect(s.done.filter(one => one.startsWith('suspendSession'))).toEqual([])
    expect(s.snapshot().context.crashes.a!.length).toBeLessThanOrEqual(6)
    s.send({ type: 'round.ended', at: s.clock.now() })
    expect(Object.keys(s.snapshot().context.crashes).length).toBeLessThanOrEqual(6)
    s.send({ type: 'round.ended', at: s.clock.now() + MINUTE })
    expect(s.snapshot().context.crashes).toEqual({})
  })
})

describe('A session whose id is a word of JavaScript', () => {
  it.each(['__proto__', 'constructor', 'toString'])('is counted like any other: %s', async sessionId => {
    const s = supervisor()
    for (let i = 0; i < 6; i++) s.crash(sessionId)
    expect(s.done.at(-1)).toBe(`suspendSession ${sessionId}`)
    s.lose(sessionId)
    await s.clock.advance(SECOND)
    expect(s.done.at(-1)).toBe(`bringBackSession ${sessionId}`)
    s.fail(sessionId)
    await s.clock.advance(2 * SECOND)
    s.send({ type: 'session.returned', sessionId })
    s.send({ type: 'round.ended', at: s.clock.now() + 10 * MINUTE })
    const { status, context } = s.snapshot()
    expect([status, context.crashes, context.returns]).toEqual(['active', {}, {}])
  })
})

describe('A session that was lost because the store refused a write', () => {
  const waits = async (s: ReturnType<typeof supervisor>, sessionId: string) => {
    const begin = s.clock.now()
    const { length } = s.done
    while (!s.done.slice(length).includes(`bringBackSession ${sessionId}`)) await s.clock.advance(500)
    return s.clock.now() - begin
  }

  it('is restored after 1 s, 2 s, 4 s … 1 min, and after 1 s again once it ran for 5 min', async () => {
    const s = supervisor()
    const seen: number[] = []
    for (let i = 0; i < 8; i++) {
      s.lose('a')
      seen.push(await waits(s, 'a'))
      s.send({ type: 'session.returned', sessionId: 'a' })
    }
    expect(seen).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map(seconds => seconds * SECOND))
    await s.clock.advance(6 * MINUTE + SECOND)
    s.lose('a')
    expect(await waits(s, 'a')).toBe(SECOND)
  })

  it('is restored later, for ever, when it cannot be restored now', async () => {
    const s = supervisor()
    s.lose('a')
    const seen: number[] = []
    for (let i = 0; i < 8; i++) {
      seen.push(await waits(s, 'a'))
      s.fail('a')
    }
    expect(seen).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map(seconds => seconds * SECOND))
  })

  it('is restored once when it is lost twice before that', async () => {
    const s = supervisor()
    s.lose('a')
    s.lose('a')
    await s.clock.advance(5 * SECOND)
    expect(s.done).toEqual(['bringBackSession a'])
  })

  it.each(['store.failed', 'drain.requested'] as const)('is not restored after %s', async type => {
    const s = supervisor()
    s.lose('a')
    s.send({ type })
    await s.clock.advance(MINUTE)
    expect(s.done.filter(one => one.startsWith('bringBack'))).toEqual([])
    expect(s.snapshot().context.returns).toEqual({})
  })
})

describe('The number of live sessions', () => {
  const standing = (state: string, publishing = false, tracked = false) => ({ state, publishing, tracked })

  it('follows every change of a session', () => {
    const s = supervisor()
    s.send({ type: 'session.changed', was: null, is: standing('starting') })
    s.send({ type: 'session.changed', was: null, is: standing('starting') })
    s.send({
      type: 'session.changed',
      was: standing('starting'),
      is: standing('awaitingQr', true, false),
    })
    expect(s.snapshot().context.counts).toEqual({
      byState: { starting: 1, awaitingQr: 1 },
      publishing: 1,
      tracked: 0,
    })
    s.send({
      type: 'session.changed',
      was: standing('awaitingQr', true, false),
      is: standing('awaitingQr', false, true),
    })
    s.send({ type: 'session.changed', was: standing('starting'), is: null })
    expect(s.snapshot().context.counts).toEqual({
      byState: { starting: 0, awaitingQr: 1 },
      publishing: 0,
      tracked: 1,
    })
  })

  it('is counted in every state of the supervisor', () => {
    const s = supervisor()
    for (const sessionId of ['a', 'b']) s.send({ type: 'session.restored', entry: { actor: { sessionId } } })
    s.send({ type: 'store.failed' })
    s.send({ type: 'session.left' })
    s.send({ type: 'drain.requested' })
    s.send({ type: 'session.left' })
    expect(s.snapshot().context.live).toBe(0)
  })
})

it.each([true, false])('The supervisor drains and stops (after a failure of the store: %s)', async broken => {
  const s = supervisor()
  if (broken) s.send({ type: 'store.failed' })
  s.send({ type: 'drain.requested' })
  s.done.length = 0
  await s.clock.advance(10 * MINUTE)
  s.send({ type: 'store.failed' })
  expect([s.snapshot().value, s.done]).toEqual(['draining', []])
  s.send({ type: 'drained' })
  expect(s.snapshot().status).toBe('done')
})
