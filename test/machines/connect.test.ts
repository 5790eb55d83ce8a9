import { describe, expect, it } from 'vitest'
import {
  closed,
  crashed,
  crashedTooOften,
  fact,
  linked,
  MINUTE,
  opened,
  Probe,
  paired,
  pathTo,
  SECOND,
  said,
  shown,
} from './probe.ts'

describe('A new session', () => {
  it('opens one socket and waits 45 s for it', async () => {
    const s = new Probe()
    expect([s.state, s.sockets.length]).toEqual(['starting.connecting', 1])
    await s.wait(44_999)
    expect(s.state).toBe('starting.connecting')
    await s.wait(1)
    expect([s.state, s.socket]).toEqual(['reconnecting.verifying', undefined])
    expect(s.context).toMatchObject({ attempts: 1, reason: 'connect_timeout' })
  })

  it('waits in the queue without the watchdog, which starts when it connects', async () => {
    const s = await new Probe().send(fact('connect.queued')).wait(10 * MINUTE)
    expect(s.state).toBe('starting.queued')
    s.send(fact('connect.begun'))
    await s.wait(44_999)
    expect(s.state).toBe('starting.connecting')
    await s.wait(1)
    expect(s.state).toBe('reconnecting.verifying')
  })

  it('takes no sends until a phone has scanned and it connects again, and all of them from then on', () => {
    const s = new Probe()
    expect(s.can({ type: 'message.queued' })).toBe(false)
    expect(shown('a', s).can({ type: 'message.queued' })).toBe(false)
    expect(s.send(paired).can({ type: 'message.queued' })).toBe(false)
    expect(s.send(closed('reconnectNow', 'restart')).can({ type: 'message.queued' })).toBe(true)
    expect(s.send(opened).can({ type: 'message.queued' })).toBe(true)
  })
})

describe('The link of a session', () => {
  it('begins at the first open, not at the scan', () => {
    const s = shown().send(paired)
    expect(s.context).toMatchObject({ linked: false, waId: '34600000001' })
    s.send(closed('reconnectNow', 'restart'))
    expect([s.state, s.context.linked, s.context.attempts]).toEqual(['starting.connecting', false, 0])
    s.send(opened)
    expect(s.context).toMatchObject({ linked: true, waId: '34600000001', pushName: 'Ana' })
    expect(s.context.qr).toMatchObject({ current: null, published: null })
  })

  it('keeps its ids when a later open says less, and learns a new name', () => {
    const s = linked().send(closed('backoff'), said('active'))
    s.send(fact('restart.requested'))
    s.send({ type: 'socket.opened', waId: '34600000001', lid: null, pushName: null })
    expect(s.context).toMatchObject({ lid: '1@lid', pushName: 'Ana' })
    s.send({ type: 'socket.named', pushName: 'Ana María' })
    expect(s.context.pushName).toBe('Ana María')
  })
})

describe('A socket that closes', () => {
  it.each([
    ['backoff', 'reconnecting.verifying'],
    ['backoffLong', 'reconnecting.verifying'],
    ['backoffCounted', 'reconnecting.verifying'],
    ['reconnectNow', 'starting.connecting'],
    ['qrExhausted', 'awaitingQr.expired'],
    ['suspend', 'reconnecting.suspended.resting'],
    ['versionRefused', 'reconnecting.suspended.resting'],
    ['unlinked', 'loggedOut.unlinked'],
    ['banned', 'loggedOut.banned'],
  ] as const)('with the reaction %s leads to %s from every state with a socket', async (reaction, target) => {
    for (const state of [
      'starting.connecting',
      'awaitingQr.verifying.asking',
      'awaitingQr.publishing.offering',
      'awaitingQr.shown.ready',
      'open.settling',
      'open.settled',
    ]) {
      const s = await pathTo[state]!()
      if (reaction === 'qrExhausted' && s.context.waId !== null) continue
      const before = s.sockets.length
      s.send(closed(reaction, 'why'))
      expect(s.state, `from ${state}`).toBe(target)
      expect(s.sockets[before - 1]!.alive, `from ${state}`).toBe(false)
      expect(s.sockets.length - before, `from ${state}`).toBe(reaction === 'reconnectNow' ? 1 : 0)
      if (reaction !== 'qrExhausted')
        expect(s.context).toMatchObject({ reason: 'why', reasonText: 'Because of why.' })
      expect(s.timesRun('eraseCredentials')).toBe(0)
    }
  })

  it('keeps the credentials of an unlinked device and of a ban for 7 days', () => {
    for (const reaction of ['unlinked', 'banned'] as const) {
      const s = linked().send(closed(reaction))
      expect(s.context.archiveUntil).toBe(s.clock.now() + 7 * 24 * 60 * MINUTE)
    }
  })

  it('for a temporary ban connects again by itself when the ban ends', async () => {
    const s = linked()
    s.send(closed('suspend', 'temporary_ban', s.clock.now() + 20 * MINUTE))
    await s.wait(20 * MINUTE - 1)
    expect(s.state).toBe('reconnecting.suspended.resting')
    await s.wait(1)
    expect(s.state).toBe('starting.connecting')
  })
})

describe('The attempts to connect', () => {
  /** Waits out the backoff and says how long it was. */
  const reconnect = async (s: Probe) => {
    s.send(said('active'))
    expect(s.state).toBe('reconnecting.waiting')
    const wait = s.context.retryAt! - s.clock.now()
    await s.wait(wait - 1)
    expect(s.state).toBe('reconnecting.waiting')
    await s.wait(1)
    expect(s.state).toBe('starting.connecting')
    return wait
  }

  it('count from none again only after an open that held 5 min', async () => {
    const s = linked().send(closed('backoff'))
    await reconnect(s)
    s.send(opened)
    await s.wait(5 * MINUTE - 1)
    expect([s.state, s.context.attempts]).toEqual(['open.settling', 1])
    await s.wait(1)
    expect([s.state, s.context.attempts]).toEqual(['open.settled', 0])
  })

  it('keep growing when the session opens and drops each time', async () => {
    const s = linked()
    const waits: number[] = []
    for (let i = 1; i <= 12; i++) {
      s.send(closed('backoff'))
      expect(s.context.attempts).toBe(i)
      const wait = await reconnect(s)
      expect(wait).toBeGreaterThanOrEqual(SECOND)
      expect(wait).toBeLessThanOrEqual(Math.min(5 * MINUTE, SECOND * 2 ** i))
      waits.push(wait)
      s.send(opened)
      await s.wait(MINUTE)
    }
    expect(Math.max(...waits.slice(-4))).toBeGreaterThan(MINUTE)
  })

  it('wait at least 5 s when WhatsApp is overloaded', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      const s = linked(new Probe(id)).send(closed('backoffLong'))
      expect(await reconnect(s)).toBeGreaterThanOrEqual(5 * SECOND)
    }
  })

  it('wait differently in each session, and equally when a log is folded again', () => {
    const at = (id: string) => linked(new Probe(id)).send(closed('backoff'), said('active')).context.retryAt
    expect(at('a')).toBe(at('a'))
    expect(new Set(['a', 'b', 'c', 'd', 'e', 'f'].map(at)).size).toBeGreaterThan(3)
  })

  it('leave out restarts that WhatsApp asks for, until the sixth one backs off', () => {
    const s = linked()
    for (let i = 2; i <= 5; i++) {
      s.send(closed('reconnectNow', 'restart'))
      expect([s.state, s.context.attempts]).toEqual(['starting.connecting', 0])
    }
    s.send(closed('reconnectNow', 'restart'))
    expect([s.state, s.context.attempts]).toEqual(['reconnecting.verifying', 1])
    expect(s.context.retryAt! - s.clock.now()).toBeGreaterThanOrEqual(SECOND)
  })
})

it('Restarts that WhatsApp asks for count from none again after an open that held 5 min', async () => {
  const s = linked()
  for (let i = 2; i <= 5; i++) s.send(closed('reconnectNow', 'restart'), opened)
  await s.wait(5 * MINUTE)
  for (let i = 1; i <= 5; i++) {
    s.send(closed('reconnectNow', 'restart'))
    expect(s.state).toBe('starting.connecting')
    s.send(opened)
  }
})

describe('Unknown failures at login', () => {
  const fail = async (s: Probe) => {
    s.send(closed('backoffCounted', 'unknown'))
    if (s.state === 'reconnecting.verifying') {
      s.send(said('active'))
      await s.wait(s.context.retryAt! - s.clock.now())
    }
  }
  it('suspend the session at the fifth in a row and keep the credentials', async () => {
    const s = linked()
    s.send(fact('restart.requested'))
    for (let i = 1; i < 5; i++) await fail(s)
    expect([s.state, s.context.loginFailures]).toEqual(['starting.connecting', 4])
    await fail(s)
    expect([s.state, s.context.reason]).toEqual(['reconnecting.suspended.resting', 'unknown'])
    expect(s.effects).toEqual([])
  })

  it('count from none again after an open', async () => {
    const s = linked().send(fact('restart.requested'))
    for (let i = 1; i < 5; i++) await fail(s)
    s.send(opened)
    expect(s.context.loginFailures).toBe(0)
  })

  it('do not include the drop of an open connection', async () => {
    const s = linked()
    await fail(s)
    for (let i = 1; i < 5; i++) await fail(s)
    expect([s.state, s.context.loginFailures]).toEqual(['starting.connecting', 4])
  })

  it('never suspend a session that opens in between, however often it drops', async () => {
    const s = linked()
    for (let i = 0; i < 20; i++) {
      await fail(s)
      expect(s.state).toBe('starting.connecting')
      s.send(opened)
    }
  })
})

describe('A crash', () => {
  it.each(
    Object.keys(pathTo).filter(state =>
      /^(starting|open|awaitingQr\.(ver|pub|sho)|reconnecting\.(ver|wai))/.test(state),
    ),
  )('in %s ends the socket, and the session tries again after a backoff', async state => {
    const s = (await pathTo[state]!()).send(crashed)
    expect([s.state, s.socket]).toEqual(['reconnecting.waiting', undefined])
    expect(s.context.reason).toBe('crashed')
    expect(s.context.reasonText).toContain('TypeError')
    const wait = s.context.retryAt! - s.clock.now()
    expect(wait).toBeGreaterThanOrEqual(SECOND)
    await s.wait(wait)
    expect(s.state).toBe('starting.connecting')
  })

  it.each([
    'awaitingQr.refused',
    'awaitingQr.expired',
    'reconnecting.hibernated',
    'loggedOut.unlinked',
    'loggedOut.banned',
    'loggedOut.neverLinked',
  ])('in %s opens no socket', async state => {
    const s = await pathTo[state]!()
    expect(s.can(crashed)).toBe(true)
    s.send(crashed)
    expect([s.state, s.socket]).toEqual([state, undefined])
  })

  /** Where nothing runs, so that a crash changes nothing. */
  const atRest = /^(?:loggedOut|awaitingQr\.(?:refused|expired)|reconnecting\.suspended)/

  it.each(
    Object.keys(pathTo).filter(state => !atRest.test(state)),
  )('too many in %s suspends the session for 15 min, then it connects again by itself', async state => {
    const s = (await pathTo[state]!()).send(crashedTooOften)
    expect([s.state, s.context.reason, s.socket]).toEqual([
      'reconnecting.suspended.resting',
      'crashed',
      undefined,
    ])
    await s.wait(15 * MINUTE - 1)
    expect(s.state).toBe('reconnecting.suspended.resting')
    await s.wait(1)
    expect(s.state).toBe('starting.connecting')
  })

  it.each(
    Object.keys(pathTo).filter(state => atRest.test(state) && !state.startsWith('loggedOut')),
  )('too many in %s end no rest and no suspension that has another reason', async state => {
    const s = await pathTo[state]!()
    const { reason, retryAt } = s.context
    s.send(crashedTooOften)
    expect(s.context).toMatchObject({ reason, retryAt })
    await s.wait(15 * MINUTE - 1)
    expect(s.state).toMatch(atRest)
    expect(s.socket).toBe(undefined)
  })

  it('too many during a ban that ends tomorrow let no socket open before', async () => {
    const s = linked()
    s.send(closed('suspend', 'temporary_ban', s.clock.now() + 24 * 60 * MINUTE), crashedTooOften)
    await s.wait(24 * 60 * MINUTE - 1)
    expect(s.socket).toBe(undefined)
    await s.wait(1)
    expect(s.state).toBe('starting.connecting')
  })
})
