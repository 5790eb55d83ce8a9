import { describe, expect, it } from 'vitest'
import { dottedState } from '../../machines/session.state.ts'
import {
  DAY,
  HOUR,
  leafStates,
  linked,
  MINUTE,
  opened,
  paired,
  pathTo,
  qr,
  SECOND,
  said,
  shown,
} from './probe.ts'

/** Where a restart leads from each leaf, and what must run again there. */
const after: Record<string, { state: string; socket: boolean; asking?: boolean }> = {
  'starting.connecting': { state: 'starting.connecting', socket: true },
  'starting.queued': { state: 'starting.connecting', socket: true },
  'awaitingQr.verifying.asking': { state: 'starting.connecting', socket: true },
  'awaitingQr.verifying.pausing': { state: 'starting.connecting', socket: true },
  'awaitingQr.publishing.offering': { state: 'starting.connecting', socket: true },
  'awaitingQr.publishing.pausing': { state: 'starting.connecting', socket: true },
  'awaitingQr.shown.throttled': { state: 'starting.connecting', socket: true },
  'awaitingQr.shown.ready': { state: 'starting.connecting', socket: true },
  'awaitingQr.passkey.required': { state: 'starting.connecting', socket: true },
  'awaitingQr.passkey.submitting': { state: 'starting.connecting', socket: true },
  'awaitingQr.passkey.confirm': { state: 'starting.connecting', socket: true },
  'awaitingQr.passkey.finishing': { state: 'starting.connecting', socket: true },
  'awaitingQr.linking': { state: 'starting.connecting', socket: true },
  'awaitingQr.refused': { state: 'awaitingQr.refused', socket: false },
  'awaitingQr.expired': { state: 'awaitingQr.expired', socket: false },
  'open.settling': { state: 'starting.connecting', socket: true },
  'open.settled': { state: 'starting.connecting', socket: true },
  'open.unlinking': { state: 'starting.connecting', socket: true },
  'reconnecting.verifying': { state: 'reconnecting.verifying', socket: false, asking: true },
  'reconnecting.waiting': { state: 'reconnecting.waiting', socket: false },
  'reconnecting.hibernated': { state: 'reconnecting.hibernated', socket: false },
  'reconnecting.suspended.resting': { state: 'reconnecting.suspended.resting', socket: false },
  'reconnecting.suspended.asking': { state: 'reconnecting.suspended.resting', socket: false },
  'loggedOut.unlinked': { state: 'loggedOut.unlinked', socket: false },
  'loggedOut.banned': { state: 'loggedOut.banned', socket: false },
  'loggedOut.neverLinked': { state: 'loggedOut.neverLinked', socket: false },
}

it('The tests have a way to every leaf state of the chart', async () => {
  expect(Object.keys(pathTo).sort()).toEqual([...leafStates].sort())
  expect(Object.keys(after).sort()).toEqual([...leafStates].sort())
  for (const [state, way] of Object.entries(pathTo)) expect((await way()).state).toBe(state)
})

describe.each(leafStates)('A restart in %s', state => {
  it('goes on with what the session was doing, from the stored state', async () => {
    const s = await pathTo[state]!()
    const { context } = s
    await s.restart()
    const { state: expected, socket, asking = false } = after[state]!
    expect(s.state).toBe(expected)
    expect([s.socket !== undefined, s.asking]).toEqual([socket, asking])
    expect(s.sockets.filter(({ alive }) => alive).length).toBeLessThan(2)
    const { linked, intent, waId, createdAt, userId, archiveUntil } = s.context
    expect({ linked, intent, waId, createdAt, userId, archiveUntil }).toEqual({
      linked: context.linked,
      intent: context.intent,
      waId: context.waId,
      createdAt: context.createdAt,
      userId: context.userId,
      archiveUntil: context.archiveUntil,
    })
    expect(s.timesRun('eraseCredentials')).toBe(state === 'loggedOut.neverLinked' ? 1 : 0)
  })

  it('can be repeated for ever without losing the session', async () => {
    const s = await pathTo[state]!()
    for (let i = 0; i < 5; i++) await s.restart(SECOND)
    const end = after[state]!.state
    expect([end, 'starting.connecting']).toContain(s.state)
  })
})

describe('A restart keeps the remaining time of', () => {
  it('a hibernation', async () => {
    const s = linked().send({ type: 'session.idled', policy: 'hibernate' })
    await s.wait(3 * HOUR)
    await s.restart(2 * HOUR)
    await s.wait(HOUR - 1)
    expect(s.state).toBe('reconnecting.hibernated')
    await s.wait(1)
    expect(s.state).toBe('starting.connecting')
  })

  it('a deadline that passed while the process was away, which fires at once', async () => {
    const s = await linked()
      .send({ type: 'session.idled', policy: 'hibernate' })
      .restart(7 * HOUR)
    expect(s.state).toBe('reconnecting.hibernated')
    await s.wait(0)
    expect(s.state).toBe('starting.connecting')
  })

  it('a backoff', async () => {
    const s = linked().send({ type: 'session.crashed', error: 'x' })
    const wait = s.context.retryAt! - s.clock.now()
    await s.wait(Math.floor(wait / 3))
    await s.restart()
    await s.wait(wait - Math.floor(wait / 3) - 1)
    expect(s.state).toBe('reconnecting.waiting')
    await s.wait(1)
    expect(s.state).toBe('starting.connecting')
  })

  it('a temporary ban', async () => {
    const s = linked()
    s.send({
      type: 'socket.closed',
      code: 402,
      reaction: 'suspend',
      reason: 'temporarily_banned',
      reasonText: 'Banned for a while.',
      until: s.clock.now() + 2 * DAY,
    })
    await s.restart(DAY)
    await s.wait(DAY - 1)
    expect(s.state).toBe('reconnecting.suspended.resting')
    await s.wait(1)
    expect(s.state).toBe('starting.connecting')
  })

  it('the question to Laravel every 15 min', async () => {
    const s = await linked().wait(15 * SECOND)
    s.send({ type: 'session.crashed', error: 'x' })
    await s.waitForRetry()
    s.send(opened, {
      type: 'socket.closed',
      code: 428,
      reaction: 'backoff',
      reason: 'network',
      reasonText: 'Lost.',
    })
    s.send(said('inactive'))
    await s.wait(10 * MINUTE)
    await s.restart(2 * MINUTE)
    await s.wait(3 * MINUTE - 1)
    expect(s.asking).toBe(false)
    await s.wait(1)
    expect(s.asking).toBe(true)
  })

  it('the QR throttle, while the QR itself begins a new round', async () => {
    const s = await shown('a').wait(20 * SECOND)
    await s.restart(4 * SECOND)
    expect(s.context.qr).toMatchObject({ current: null, published: null })
    s.send(qr('b'))
    await s.wait(5_999)
    expect(s.state).toBe('awaitingQr.shown.throttled')
    await s.wait(1)
    expect(s.state).toBe('awaitingQr.verifying.asking')
  })
})

describe('A restart', () => {
  it('between the scan and the first open keeps the link', async () => {
    const s = await shown().send(paired).restart(MINUTE)
    expect(s.state).toBe('starting.connecting')
    s.send(opened)
    expect([s.state, s.context.linked, s.effects]).toEqual(['open.settling', true, []])
  })

  it('erases no credentials in any state', async () => {
    for (const [state, way] of Object.entries(pathTo)) {
      const s = await way()
      const erased = s.timesRun('eraseCredentials')
      await s.restart()
      expect(s.timesRun('eraseCredentials'), state).toBe(erased)
      if (s.timesRun('eraseCredentialsIfDue') > 0) expect(dottedState(s.snapshot.value)).toMatch(/^loggedOut/)
    }
  })

  it('does not count as a failed attempt', async () => {
    const s = await linked().wait(6 * MINUTE)
    for (let i = 0; i < 3; i++) {
      await s.restart()
      s.send(opened)
    }
    expect([s.context.attempts, s.context.loginFailures]).toEqual([0, 0])
  })
})
