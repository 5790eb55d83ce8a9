import { describe, expect, it } from 'vitest'
import { isOldNews } from '../../machines/session.context.ts'
import {
  closed,
  crashed,
  fact,
  HOUR,
  idled,
  linked,
  MINUTE,
  opened,
  Probe,
  pathTo,
  qr,
  SECOND,
  said,
} from './probe.ts'

describe('A hibernated session', () => {
  it('connects after 6 h to get what WhatsApp holds', async () => {
    const s = await linked()
      .send(idled('hibernate'))
      .wait(6 * HOUR - 1)
    expect([s.state, s.socket]).toEqual(['reconnecting.hibernated', undefined])
    await s.wait(1)
    expect([s.state, s.socket !== undefined]).toEqual(['starting.connecting', true])
  })

  it('keeps the time of its end over restarts and crashes', async () => {
    const s = await linked().send(idled('hibernate')).wait(HOUR)
    await s.restart(HOUR)
    await s.wait(HOUR)
    s.send(crashed)
    await s.wait(3 * HOUR - 1)
    expect(s.state).toBe('reconnecting.hibernated')
    await s.wait(1)
    expect(s.state).toBe('starting.connecting')
  })

  it.each(['wake.requested', 'start.requested', 'restart.requested'] as const)('connects after %s', type => {
    const s = linked().send(idled('hibernate'), fact(type))
    expect([s.state, s.context.reason, s.context.retryAt]).toEqual(['starting.connecting', null, null])
  })

  it('takes sends, so that one can wake it', () => {
    expect(linked().send(idled('hibernate')).can({ type: 'message.queued' })).toBe(true)
  })
})

describe('After a lost connection, Laravel is asked, and', () => {
  it.each(['active', 'unknown'] as const)('the session connects again when the answer is %s', word => {
    const s = linked().send(closed('backoff'))
    expect(s.asking).toBe(true)
    s.send(said(word))
    expect([s.state, s.asking]).toEqual(['reconnecting.waiting', false])
  })

  it.each([
    'inactive',
    'missing',
  ] as const)('the session is suspended and keeps its credentials when the answer is %s', async word => {
    const s = await linked().wait(15 * SECOND)
    s.send(closed('backoff'), said(word))
    expect([s.state, s.context.reason, s.effects]).toEqual([
      'reconnecting.suspended.resting',
      'laravel_inactive',
      [],
    ])
    expect(s.context.retryAt).toBe(s.clock.now() + 15 * MINUTE)
  })

  it('the session connects again after 5 s without an answer', async () => {
    const s = await linked()
      .send(closed('backoff'))
      .wait(5 * SECOND - 1)
    expect(s.state).toBe('reconnecting.verifying')
    await s.wait(1)
    // The first backoff is over by then.
    expect([s.log.at(-2)?.state, s.state]).toEqual(['reconnecting.waiting', 'starting.connecting'])
    expect(s.asking).toBe(false)
  })

  it('a late answer changes nothing', async () => {
    const s = await linked()
      .send(closed('backoff'))
      .wait(5 * SECOND)
    expect(s.can(said('inactive'))).toBe(false)
  })
})

describe('An inactive from Laravel', () => {
  const told = (estadoQr: 'active' | 'inactive', at: number) => ({ estadoQr, at })

  it('is not believed when it is what we told Laravel', () => {
    const s = new Probe().send(qr('a'), said('inactive', told('inactive', Date.UTC(2026, 0, 2))))
    expect(s.state).toBe('awaitingQr.publishing.offering')
    const open = linked().send(closed('backoff'), said('inactive', told('inactive', Date.UTC(2026, 0, 2))))
    expect(open.state).toBe('reconnecting.waiting')
  })

  it('is not believed when /start came after the last status that we told Laravel', async () => {
    const s = linked()
    const at = s.clock.now()
    await s.wait(SECOND)
    s.send(closed('backoff'), fact('start.requested'), said('inactive', told('active', at)))
    expect(s.state).toBe('reconnecting.waiting')
    expect(
      isOldNews(s.context, { type: 'laravel.answered', said: 'inactive', told: told('active', at) }),
    ).toBe(true)
  })

  it('is believed when Laravel was told active after the /start', async () => {
    const s = await linked().wait(SECOND)
    s.send(closed('backoff'), said('inactive', told('active', s.clock.now())))
    expect(s.state).toBe('reconnecting.suspended.resting')
    const fresh = new Probe().send(qr('a'), said('inactive'))
    expect([fresh.state, fresh.socket]).toEqual(['awaitingQr.refused', undefined])
  })
})

describe('A 404 from Laravel in the first 15 s after /start', () => {
  it('is asked again with growing pauses, and believed after that', async () => {
    const s = new Probe().send(qr('a'))
    for (const pause of [1, 2, 4, 8]) {
      s.send(said('missing'))
      expect(s.state).toBe('awaitingQr.verifying.pausing')
      await s.wait(pause * SECOND - 1)
      expect(s.state).toBe('awaitingQr.verifying.pausing')
      await s.wait(1)
      expect([s.state, s.asking]).toEqual(['awaitingQr.verifying.asking', true])
    }
    expect(s.clock.now() - s.context.startedAt).toBe(15 * SECOND)
    s.send(said('missing'))
    expect([s.state, s.context.reason, s.socket]).toEqual([
      'awaitingQr.refused',
      'laravel_inactive',
      undefined,
    ])
  })

  it('is counted from the last /start, not from the first', async () => {
    const s = await new Probe().send(qr('a')).wait(10 * MINUTE)
    s.send(fact('start.requested'), said('missing'))
    expect(s.state).toBe('awaitingQr.verifying.pausing')
  })

  it('does not suspend a session that reconnects', () => {
    const s = linked().send(closed('backoff'), fact('start.requested'), said('missing'))
    expect(s.state).toBe('reconnecting.waiting')
  })
})

describe('An unclear answer from Laravel', () => {
  it('makes the session ask again for ever, and the newest QR is published after a yes', async () => {
    const s = new Probe().send(qr('a'))
    for (const pause of [1, 2, 4, 8, 16, 32, 60, 60]) {
      s.send(said('unknown'))
      await s.wait(pause * SECOND)
      expect(s.state).toBe('awaitingQr.verifying.asking')
    }
    s.send(qr('b'), said('active'))
    expect(s.publishing).toBe('b')
    expect(s.context.qr).toMatchObject({ unclear: 0, askAt: null })
  })
})

describe('A suspended session', () => {
  it('asks Laravel again every 15 min when Laravel was the reason, and connects when the answer is active', async () => {
    const s = linked().send(closed('backoff'), said('inactive'))
    for (const word of ['inactive', 'unknown', 'missing'] as const) {
      await s.wait(15 * MINUTE - 1)
      expect([s.state, s.asking]).toEqual(['reconnecting.suspended.resting', false])
      await s.wait(1)
      expect([s.state, s.asking]).toEqual(['reconnecting.suspended.asking', true])
      s.send(said(word))
      expect(s.context.reason).toBe('laravel_inactive')
    }
    await s.wait(15 * MINUTE)
    s.send(said('active'))
    expect([s.state, s.context.reason, s.context.outage]).toEqual(['starting.connecting', null, null])
  })

  it('still asks Laravel after a crash or a restart in the middle of the question', async () => {
    for (const disturb of [(s: Probe) => s.send(crashed), (s: Probe) => s.restart()]) {
      const s = (await pathTo['reconnecting.suspended.asking']!()) as Probe
      await disturb(s)
      await s.wait(0)
      expect([s.state, s.asking]).toEqual(['reconnecting.suspended.asking', true])
    }
  })

  it('connects after a restart when its connection was replaced, but not when its device cannot be linked', async () => {
    const replaced = await linked().send(closed('suspend', 'replaced')).restart()
    expect(replaced.state).toBe('starting.connecting')
    const mismatch = await linked().send(closed('suspend', 'device_mismatch')).restart()
    expect(mismatch.state).toBe('reconnecting.suspended.resting')
  })
})

describe('A session that Laravel refused', () => {
  it('has no time of a next try, and connects only when it is started', async () => {
    const s = new Probe().send(qr('a'), said('inactive'))
    expect(s.context.retryAt).toBe(null)
    await s.wait(24 * HOUR)
    expect(s.state).toBe('awaitingQr.refused')
    s.send(fact('start.requested'), opened)
    expect(s.state).toBe('open.settling')
  })
})
