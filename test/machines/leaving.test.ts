import { describe, expect, it } from 'vitest'
import {
  closed,
  DAY,
  fact,
  idled,
  linked,
  opened,
  Probe,
  paired,
  pathTo,
  qr,
  SECOND,
  said,
  shown,
} from './probe.ts'

const asks = { logout: fact('logout.requested'), delete: fact('delete.requested') } as const

describe.each(['logout', 'delete'] as const)('A request to %s', intent => {
  const ask = asks[intent]

  it.each(['open.settling', 'open.settled'])('asks WhatsApp at once in %s', async state => {
    const s = (await pathTo[state]!()).send(ask)
    expect([s.state, s.context.intent, s.socket?.logouts]).toEqual(['open.unlinking', intent, 1])
    expect(s.can({ type: 'message.queued' })).toBe(false)
    s.send(fact('logout.confirmed'))
    expect([s.state, s.socket]).toEqual(['loggedOut.unlinked', undefined])
    expect(s.context).toMatchObject(
      intent === 'delete'
        ? {
            intent,
            reason: 'deleted',
            reasonText: 'The session was deleted on request; nothing of it is kept.',
          }
        : { intent: 'none', reason: 'logged_out', reasonText: expect.stringContaining('call /start') },
    )
    expect(s.effects.map(({ name }) => name)).toEqual([
      'eraseCredentials',
      'failQueued',
      'deleteSessionIfOwed',
    ])
  })

  it.each([
    'reconnecting.verifying',
    'reconnecting.waiting',
    'reconnecting.hibernated',
    'reconnecting.suspended.resting',
    'reconnecting.suspended.asking',
  ])('connects first in %s', async state => {
    const s = (await pathTo[state]!()).send(ask)
    expect([s.state, s.context.intent, s.effects]).toEqual(['starting.connecting', intent, []])
    s.send(opened)
    expect([s.state, s.socket?.logouts]).toEqual(['open.unlinking', 1])
  })

  it('does not connect again while connecting, and asks WhatsApp at the open', () => {
    const s = linked().send(closed('reconnectNow', 'restart'))
    const sockets = s.sockets.length
    s.send(ask)
    expect([s.state, s.sockets.length]).toEqual(['starting.connecting', sockets])
    s.send(opened)
    expect(s.state).toBe('open.unlinking')
  })

  it('stays pending across lost connections, timeouts and restarts of the process', async () => {
    const s = await linked()
      .send(ask)
      .wait(10 * SECOND)
    expect([s.state, s.socket, s.context.intent]).toEqual(['reconnecting.waiting', undefined, intent])
    await s.restart(3 * SECOND)
    expect([s.state, s.context.intent]).toEqual(['reconnecting.waiting', intent])
    await s.waitForRetry()
    s.send(opened)
    expect(s.state).toBe('open.unlinking')
    s.send(closed('backoff'))
    expect([s.state, s.asking]).toEqual(['reconnecting.waiting', false])
    await s.waitForRetry()
    await s.wait(45 * SECOND)
    expect(s.state).toBe('reconnecting.waiting')
    await s.waitForRetry()
    s.send(opened)
    await s.restart()
    expect([s.state, s.context.intent]).toEqual(['starting.connecting', intent])
    s.send(opened, fact('logout.confirmed'))
    expect(s.state).toBe('loggedOut.unlinked')
    expect(s.timesRun('eraseCredentials')).toBe(1)
  })

  it('is also done when WhatsApp says that the device is unlinked', () => {
    const s = linked().send(ask, closed('unlinked', 'unlinked'))
    expect([s.state, s.context.intent]).toEqual([
      'loggedOut.unlinked',
      intent === 'delete' ? 'delete' : 'none',
    ])
    expect(s.timesRun('deleteSessionIfOwed')).toBe(1)
  })

  it('is done without asking Laravel anything', () => {
    const s = linked().send(ask, closed('backoffLong', 'overload'))
    expect([s.state, s.asking]).toEqual(['reconnecting.waiting', false])
  })

  it('refuses /start, /restart and sends until it is done', async () => {
    for (const before of ['open.settled', 'reconnecting.waiting', 'reconnecting.hibernated']) {
      const s = (await pathTo[before]!()).send(ask)
      expect(s.can(fact('start.requested'))).toBe(false)
      expect(s.can(fact('restart.requested'))).toBe(false)
      expect(s.can({ type: 'message.queued' })).toBe(false)
    }
  })
})

describe('A second request to leave', () => {
  it('turns a logout into a deletion, and keeps a deletion a deletion', () => {
    const s = linked().send(asks.logout, asks.delete)
    expect([s.state, s.context.intent, s.socket?.logouts]).toEqual(['open.unlinking', 'delete', 1])
    s.send(asks.logout)
    expect(s.context.intent).toBe('delete')
  })

  it('does not shorten the 10 s that WhatsApp gets each time', async () => {
    const s = await linked()
      .send(asks.delete)
      .wait(9 * SECOND)
    await s.send(asks.delete).wait(1 * SECOND)
    expect(s.state).toBe('reconnecting.waiting')
  })
})

describe('A session that no phone has linked', () => {
  it.each([
    'starting.connecting',
    'starting.queued',
    'awaitingQr.verifying.asking',
    'awaitingQr.verifying.pausing',
    'awaitingQr.publishing.offering',
    'awaitingQr.shown.throttled',
    'awaitingQr.shown.ready',
    'awaitingQr.refused',
    'awaitingQr.expired',
  ])('is deleted and logged out at once in %s', async state => {
    const gone = (await pathTo[state]!()).send(asks.delete)
    expect([gone.state, gone.context.intent, gone.socket]).toEqual([
      'loggedOut.neverLinked',
      'delete',
      undefined,
    ])
    expect(gone.effects.map(({ name }) => name)).toEqual(['failQueued', 'deleteSessionIfOwed'])

    const out = (await pathTo[state]!()).send(asks.logout)
    expect([out.state, out.context.intent]).toEqual(['loggedOut.neverLinked', 'none'])
    expect(out.timesRun('eraseCredentials')).toBe(1)
  })

  it('is logged out at WhatsApp first if a phone has already scanned', () => {
    const s = shown().send(paired, asks.delete)
    expect([s.state, s.effects]).toEqual(['starting.connecting', []])
    s.send(opened)
    expect(s.state).toBe('open.unlinking')
  })
})

describe('A logged out session', () => {
  it.each([
    'loggedOut.unlinked',
    'loggedOut.banned',
    'loggedOut.neverLinked',
  ])('in %s starts with fresh credentials at /start, the old ones erased before the socket opens', async state => {
    const s = await pathTo[state]!()
    const before = s.effects.length
    s.send(fact('start.requested'))
    expect(s.state).toBe('starting.connecting')
    expect(s.effects.slice(before).map(({ name }) => name)).toEqual(['eraseCredentials'])
    expect(s.context).toMatchObject({
      linked: false,
      waId: null,
      lid: null,
      pushName: null,
      attempts: 0,
      archiveUntil: null,
      reason: null,
      intent: 'none',
    })
    s.send(qr('b'))
    expect(s.state).toMatch(/^awaitingQr/)
  })

  it.each([
    'loggedOut.unlinked',
    'loggedOut.banned',
    'loggedOut.neverLinked',
  ])('in %s is deleted at once', async state => {
    const s = (await pathTo[state]!()).send(asks.delete)
    expect([s.state, s.context.intent, s.timesRun('deleteSession')]).toEqual([state, 'delete', 1])
  })

  it('keeps the QR throttle of its last link', () => {
    const s = shown().send(fact('logout.requested'), fact('start.requested'), qr('b'))
    expect(s.state).toBe('awaitingQr.shown.throttled')
  })

  it.each([
    'loggedOut.unlinked',
    'loggedOut.banned',
  ])('in %s erases its credentials once after 7 days, across restarts and crashes', async state => {
    const s = await pathTo[state]!()
    await s.wait(3 * DAY)
    await s.restart(DAY)
    s.send({ type: 'session.crashed', error: 'TypeError' })
    await s.wait(3 * DAY - 1)
    expect(s.timesRun('eraseCredentials')).toBe(0)
    await s.wait(1)
    expect([s.state, s.timesRun('eraseCredentials'), s.context.archiveUntil]).toEqual([state, 1, null])
    await s.wait(30 * DAY)
    expect(s.timesRun('eraseCredentials')).toBe(1)
  })

  it('keeps no credentials after a logout that was requested', async () => {
    const s = await linked()
      .send(asks.logout, fact('logout.confirmed'))
      .wait(30 * DAY)
    expect([s.context.archiveUntil, s.timesRun('eraseCredentials')]).toEqual([null, 1])
  })
})

describe('A session whose process died between a fact and its effects', () => {
  it.each([
    'loggedOut.unlinked',
    'loggedOut.banned',
    'loggedOut.neverLinked',
  ])('fails sends that waited for the old link after the restart, in %s', async state => {
    const s = await pathTo[state]!()
    const before = s.timesRun('failQueued')
    await s.restart()
    expect(s.timesRun('failQueued')).toBe(before + 1)
  })

  it.each([
    ['confirmed', () => linked().send(asks.delete, fact('logout.confirmed'))],
    ['unlinked', () => linked().send(asks.delete, closed('unlinked'))],
    ['banned', () => linked().send(asks.delete, closed('banned'))],
    ['never linked', () => shown().send(asks.delete)],
  ])('is erased after the restart when its deletion was requested (%s)', async (_, way) => {
    const s = way()
    expect(s.context.intent).toBe('delete')
    const before = s.timesRun('deleteSessionIfOwed')
    await s.restart()
    expect(s.timesRun('deleteSessionIfOwed')).toBe(before + 1)
  })

  it('erases the credentials of a confirmed logout after the restart, and keeps those of an unlinked device', async () => {
    const out = await linked().send(asks.logout, fact('logout.confirmed')).restart()
    expect(out.timesRun('eraseCredentialsIfDue')).toBe(1)
    expect(out.context.archiveUntil).toBe(null)
    const archived = await linked().send(closed('unlinked')).restart()
    expect([archived.timesRun('eraseCredentialsIfDue'), archived.timesRun('eraseCredentials')]).toEqual([
      0, 0,
    ])
  })
})

describe('The idle policy', () => {
  it.each([
    'keep',
    'hibernate',
    'delete',
  ] as const)('%s deletes a session that no phone has linked', async policy => {
    for (const state of Object.keys(pathTo).filter(one => /^(starting|awaitingQr\.(?!linking))/.test(one))) {
      const s = (await pathTo[state]!()).send(idled(policy))
      expect([s.state, s.context.intent], state).toEqual(['loggedOut.neverLinked', 'delete'])
      expect(s.timesRun('deleteSessionIfOwed'), state).toBe(1)
    }
    const s = (await pathTo['loggedOut.neverLinked']!()).send(idled(policy))
    expect(s.timesRun('deleteSession')).toBe(1)
  })

  it('keep leaves every linked session alone', async () => {
    for (const state of Object.keys(pathTo).filter(state => /^(open|reconnecting)/.test(state))) {
      const s = await pathTo[state]!()
      expect(s.can(idled('keep')), state).toBe(false)
    }
  })

  it('hibernate hibernates open sessions and no others', async () => {
    for (const state of ['open.settling', 'open.settled']) {
      const s = (await pathTo[state]!()).send(idled('hibernate'))
      expect([s.state, s.socket, s.effects]).toEqual(['reconnecting.hibernated', undefined, []])
    }
    for (const state of Object.keys(pathTo).filter(state => /^(reconnecting|open.unlinking)/.test(state)))
      expect((await pathTo[state]!()).can(idled('hibernate')), state).toBe(false)
  })

  it('delete logs the session out and erases it', async () => {
    const s = linked().send(idled('delete'))
    expect([s.state, s.context.intent, s.socket?.logouts]).toEqual(['open.unlinking', 'delete', 1])
    for (const state of ['reconnecting.waiting', 'reconnecting.suspended.resting']) {
      const s = (await pathTo[state]!()).send(idled('delete'))
      expect([s.state, s.context.intent]).toEqual(['starting.connecting', 'delete'])
    }
  })

  it('delete does not shorten the backoff of a deletion that is already pending', async () => {
    const s = linked().send(idled('delete'), closed('backoffLong', 'overload'))
    expect(s.state).toBe('reconnecting.waiting')
    expect(s.can(idled('delete'))).toBe(false)
    await s.waitForRetry()
    expect(s.state).toBe('starting.connecting')
    expect(s.can(idled('delete'))).toBe(false)
  })

  it.each(['keep', 'hibernate', 'delete'] as const)('%s leaves a logged out session alone', async policy => {
    for (const state of ['loggedOut.unlinked', 'loggedOut.banned'])
      expect((await pathTo[state]!()).can(idled(policy)), state).toBe(false)
  })

  it('delete does not delete a session that a phone has just scanned', () => {
    const s = shown().send(paired)
    for (const policy of ['keep', 'hibernate'] as const) expect(s.can(idled(policy))).toBe(false)
  })
})

it('A new link asks Laravel again before its first QR is published', () => {
  const s = new Probe().send(fact('logout.requested'), fact('start.requested'), qr('a'))
  expect([s.state, s.asking]).toEqual(['awaitingQr.verifying.asking', true])
  s.send(said('active'))
  expect(s.publishing).toBe('a')
})
