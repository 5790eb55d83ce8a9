import { describe, expect, it } from 'vitest'
import {
  closed,
  fact,
  MINUTE,
  opened,
  Probe,
  paired,
  published,
  publishFailed,
  qr,
  SECOND,
  said,
  shown,
} from './probe.ts'

describe('the first QR', () => {
  it('is offered to Laravel only after Laravel said that the session is active', () => {
    const s = new Probe().send(qr('a'))
    expect([s.state, s.asking, s.publications.length]).toEqual(['awaitingQr.verifying.asking', true, 0])
    s.send(said('active'))
    expect([s.state, s.asking, s.publishing]).toEqual(['awaitingQr.publishing.offering', false, 'a'])
    s.send(published('a'))
    expect([s.state, s.publishing]).toEqual(['awaitingQr.shown.throttled', undefined])
    expect(s.context.qr).toMatchObject({
      published: { hash: 'a', at: s.clock.now() },
      lastPublishedAt: s.clock.now(),
    })
  })

  it('leaves nothing but its hash and its expiry in facts and context', () => {
    const s = shown()
    const qrFacts = s.log.filter(({ event }) => /qr/i.test(event.type))
    expect(qrFacts.map(({ event }) => Object.keys(event).sort())).toEqual([
      ['at', 'expiresAt', 'hash', 'type'],
      ['at', 'hash', 'type'],
    ])
    expect(Object.keys(s.context.qr).sort()).toEqual(
      ['askAt', 'current', 'lastPublishedAt', 'published', 'unclear'].sort(),
    )
    expect(Object.keys(s.context.qr.current!).sort()).toEqual(['expiresAt', 'hash'])
  })
})

describe('dedup', () => {
  it.each([
    'awaitingQr.verifying',
    'awaitingQr.publishing.offering',
    'awaitingQr.shown.throttled',
  ])('drops a QR that is known, in %s', state => {
    const s = new Probe().send(qr('a'))
    if (state !== 'awaitingQr.verifying') s.send(said('active'))
    if (state === 'awaitingQr.shown.throttled') s.send(published('a'))
    expect(s.state.startsWith(state)).toBe(true)
    expect(s.can(qr('a'))).toBe(false)
    const before = s.log.length
    s.send(qr('a'))
    expect(s.log.length).toBe(before)
  })

  it('drops the published QR while a newer one is held, and keeps the newer one', async () => {
    const s = shown('a').send(qr('b'))
    expect(s.can(qr('a'))).toBe(false)
    await s.send(qr('a')).wait(30 * SECOND)
    s.send(said('active'))
    expect(s.publishing).toBe('b')
  })

  it('never publishes one hash twice in a round', async () => {
    const s = await shown('a').wait(31 * SECOND)
    expect(s.state).toBe('awaitingQr.shown.ready')
    expect(s.can(qr('a'))).toBe(false)
  })
})

describe('in flight', () => {
  it('holds the newest QR while one is being published', async () => {
    const s = new Probe().send(qr('a'), said('active'), qr('b'), qr('c'))
    expect(s.state).toBe('awaitingQr.publishing.offering')
    expect(s.publications.map(({ hash }) => hash)).toEqual(['a'])
    s.send(published('a'))
    expect(s.state).toBe('awaitingQr.shown.throttled')
    await s.wait(30 * SECOND)
    s.send(said('active'))
    expect(s.publications.map(({ hash }) => hash)).toEqual(['a', 'c'])
  })

  it('asks again and publishes the newest at once when the one in flight failed', () => {
    const s = new Probe().send(qr('a'), said('active'), qr('b'), publishFailed('a'))
    expect(s.state).toBe('awaitingQr.verifying.asking')
    s.send(said('active'))
    expect(s.publications.map(({ hash, alive }) => [hash, alive])).toEqual([
      ['a', false],
      ['b', true],
    ])
  })
})

describe('throttle', () => {
  it('lets the newest held QR out 30 s after the last publication, not earlier', async () => {
    const s = shown('a').send(qr('b'))
    await s.wait(20 * SECOND)
    s.send(qr('c'))
    await s.wait(9_999)
    expect([s.state, s.questions.length]).toEqual(['awaitingQr.shown.throttled', 1])
    await s.wait(1)
    expect([s.state, s.questions.length]).toEqual(['awaitingQr.verifying.asking', 2])
    s.send(said('active'))
    expect(s.publishing).toBe('c')
  })

  it('ends in ready when nothing is held; the next QR goes out at once', async () => {
    const s = await shown('a').wait(30 * SECOND)
    expect(s.state).toBe('awaitingQr.shown.ready')
    s.send(qr('b'), said('active'))
    expect(s.publishing).toBe('b')
  })

  it('is started by a publication that succeeded and by nothing else', () => {
    const s = new Probe().send(qr('a'), said('active'), publishFailed('a'))
    expect([s.state, s.context.qr.lastPublishedAt]).toEqual(['awaitingQr.publishing.pausing', null])
    s.send(qr('b'), said('active'))
    expect(s.publishing).toBe('b')
  })

  it('still counts from the success before when a later publication failed', async () => {
    const s = await shown('a').wait(30 * SECOND)
    const success = s.context.qr.lastPublishedAt
    s.send(qr('b'), said('active'), publishFailed('b'))
    expect(s.context.qr.lastPublishedAt).toBe(success)
  })

  it('holds across rounds: a new socket does not publish earlier', async () => {
    const s = await shown('a').wait(10 * SECOND)
    s.send(fact('restart.requested'), qr('b'))
    expect(s.state).toBe('awaitingQr.shown.throttled')
    await s.wait(19_999)
    expect(s.state).toBe('awaitingQr.shown.throttled')
    await s.wait(1)
    expect(s.state).toBe('awaitingQr.verifying.asking')
  })

  it('waits for what remains after a restart: 20 s before it, 10 s after it', async () => {
    const s = await shown('a').wait(20 * SECOND)
    await s.restart()
    expect(s.state).toBe('starting.connecting')
    s.send(qr('b'))
    expect(s.state).toBe('awaitingQr.shown.throttled')
    await s.wait(9_999)
    expect(s.state).toBe('awaitingQr.shown.throttled')
    await s.wait(1)
    s.send(said('active'))
    expect(s.publishing).toBe('b')
  })
})

describe('expiry', () => {
  it('comes 60 s after the last publication; the socket ends', async () => {
    const s = await shown('a').wait(59_999)
    expect([s.state, s.socket !== undefined]).toEqual(['awaitingQr.shown.ready', true])
    await s.wait(1)
    expect([s.state, s.socket]).toEqual(['awaitingQr.expired', undefined])
    expect(s.context).toMatchObject({ reason: 'qr_expired', qr: { current: null, published: null } })
  })

  it('counts from the newest publication', async () => {
    const s = await shown('a').wait(40 * SECOND)
    s.send(qr('b'), said('active'), published('b'))
    await s.wait(59_999)
    expect(s.state).toBe('awaitingQr.shown.ready')
    await s.wait(1)
    expect(s.state).toBe('awaitingQr.expired')
  })

  it('does not wait for a held QR that Laravel gives no clear answer about', async () => {
    const s = await shown('a')
      .send(qr('b'))
      .wait(30 * SECOND)
    for (let asked = 0; s.state !== 'awaitingQr.expired' && asked < 20; asked++) {
      s.send(said('unknown'))
      await s.wait(asked < 4 ? 2 ** asked * SECOND : 15 * SECOND)
    }
    expect(s.state).toBe('awaitingQr.expired')
    expect(s.clock.now() - s.context.qr.lastPublishedAt!).toBe(60 * SECOND)
  })

  it('comes when WhatsApp runs out of QRs, published or not', () => {
    for (const s of [new Probe().send(qr('a')), shown('a')]) {
      s.send(closed('qrExhausted', 'qr_exhausted'))
      expect([s.state, s.socket, s.asking]).toEqual(['awaitingQr.expired', undefined, false])
    }
  })

  it('does not cut off a phone that has scanned', async () => {
    const s = await shown('a')
      .send(paired)
      .wait(5 * MINUTE)
    expect(s.state).toBe('awaitingQr.shown.ready')
    s.send(closed('reconnectNow', 'restart'))
    expect(s.state).toBe('starting.connecting')
    s.send(opened)
    expect(s.state).toBe('open.settling')
  })

  it('ignores what the ended socket still says, and starts a new round on request', async () => {
    const s = await shown('a').wait(60 * SECOND)
    for (const late of [qr('z'), paired, opened, closed('backoff')]) expect(s.can(late)).toBe(false)
    s.send(fact('start.requested'), qr('b'))
    expect(s.state).toBe('awaitingQr.verifying.asking')
    expect(s.context).toMatchObject({ reason: null, qr: { current: { hash: 'b' }, published: null } })
    expect(s.effects).toEqual([])
  })
})

describe('a QR that Laravel did not take', () => {
  const failed = (expiresAt?: number) =>
    new Probe().send(qr('a', expiresAt), said('active'), publishFailed('a'))

  it('is offered again every 5 s while it is good', async () => {
    const s = failed()
    for (let offers = 1; offers < 5; offers++) {
      expect([s.publications.length, s.publishing]).toEqual([offers, undefined])
      await s.wait(5 * SECOND - 1)
      expect(s.publishing).toBe(undefined)
      await s.wait(1)
      expect(s.publishing).toBe('a')
      s.send(publishFailed('a'))
    }
    await s.wait(5 * SECOND)
    expect(s.send(published('a')).state).toBe('awaitingQr.shown.throttled')
  })

  it('is offered no more once it has expired', async () => {
    const s = failed(new Probe().clock.now() + 7 * SECOND)
    await s.wait(5 * SECOND)
    s.send(publishFailed('a'))
    await s.wait(5 * SECOND)
    expect([s.state, s.publications.length]).toEqual(['awaitingQr.shown.ready', 2])
    const late = failed(new Probe().clock.now())
    expect(late.state).toBe('awaitingQr.shown.ready')
  })

  it('is given up for a newer one, at once', () => {
    const s = failed().send(qr('a'))
    expect(s.state).toBe('awaitingQr.publishing.pausing')
    expect(s.send(qr('b')).state).toBe('awaitingQr.verifying.asking')
    expect(s.send(said('active')).publishing).toBe('b')
  })
})

describe('a QR for a device that is to be unlinked', () => {
  it('shows that there is nothing to unlink: the debt is settled, nothing is published', () => {
    const s = new Probe().send(qr('a'), paired, fact('logout.requested'), qr('b'))
    expect([s.state, s.publications.length]).toEqual(['loggedOut.unlinked', 0])
    expect(s.context.intent).toBe('none')
    expect(s.ran('eraseCredentials')).toBe(1)
  })

  it('ends a deletion that was owed', () => {
    const s = new Probe().send(qr('a'), paired, fact('delete.requested'), qr('b'))
    expect([s.state, s.context.intent]).toEqual(['loggedOut.unlinked', 'delete'])
    expect(s.ran('deleteSessionIfOwed')).toBe(1)
  })
})
