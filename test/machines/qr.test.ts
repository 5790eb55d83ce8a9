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
  replacement,
  SECOND,
  said,
  shown,
} from './probe.ts'

describe('The first QR', () => {
  it('is published only after Laravel said that the session is active', () => {
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

  it('leaves only its hash and its expiry in facts and context', () => {
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

describe('A QR that is already known', () => {
  it.each([
    'awaitingQr.verifying',
    'awaitingQr.publishing.offering',
    'awaitingQr.shown.throttled',
  ])('is dropped in %s', state => {
    const s = new Probe().send(qr('a'))
    if (state !== 'awaitingQr.verifying') s.send(said('active'))
    if (state === 'awaitingQr.shown.throttled') s.send(published('a'))
    expect(s.state.startsWith(state)).toBe(true)
    expect(s.can(qr('a'))).toBe(false)
    const before = s.log.length
    s.send(qr('a'))
    expect(s.log.length).toBe(before)
  })

  it('is dropped when it is the published one, while a newer one is held', async () => {
    const s = shown('a').send(qr('b'))
    expect(s.can(qr('a'))).toBe(false)
    await s.send(qr('a')).wait(30 * SECOND)
    s.send(said('active'))
    expect(s.publishing).toBe('b')
  })

  it('is never published twice in a QR round', async () => {
    const s = await shown('a').wait(31 * SECOND)
    expect(s.state).toBe('awaitingQr.shown.ready')
    expect(s.can(qr('a'))).toBe(false)
  })
})

describe('While a QR is being published, the session', () => {
  it('holds the newest QR', async () => {
    const s = new Probe().send(qr('a'), said('active'), qr('b'), qr('c'))
    expect(s.state).toBe('awaitingQr.publishing.offering')
    expect(s.publications.map(({ hash }) => hash)).toEqual(['a'])
    s.send(published('a'))
    expect(s.state).toBe('awaitingQr.shown.throttled')
    await s.wait(30 * SECOND)
    s.send(said('active'))
    expect(s.publications.map(({ hash }) => hash)).toEqual(['a', 'c'])
  })

  it('asks Laravel again and publishes the newest QR at once when the publication fails', () => {
    const s = new Probe().send(qr('a'), said('active'), qr('b'), publishFailed('a'))
    expect(s.state).toBe('awaitingQr.verifying.asking')
    s.send(said('active'))
    expect(s.publications.map(({ hash, alive }) => [hash, alive])).toEqual([
      ['a', false],
      ['b', true],
    ])
  })
})

describe('The QR throttle', () => {
  it('publishes the newest held QR 30 s after the last publication, not earlier', async () => {
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

  it('ends in ready when no QR is held, and the next QR is published at once', async () => {
    const s = await shown('a').wait(30 * SECOND)
    expect(s.state).toBe('awaitingQr.shown.ready')
    s.send(qr('b'), said('active'))
    expect(s.publishing).toBe('b')
  })

  it('starts with a publication that succeeded and with nothing else', () => {
    const s = new Probe().send(qr('a'), said('active'), publishFailed('a'))
    expect([s.state, s.context.qr.lastPublishedAt]).toEqual(['awaitingQr.publishing.pausing', null])
    s.send(qr('b'), said('active'))
    expect(s.publishing).toBe('b')
  })

  it('still counts from the last success when a later publication failed', async () => {
    const s = await shown('a').wait(30 * SECOND)
    const success = s.context.qr.lastPublishedAt
    s.send(qr('b'), said('active'), publishFailed('b'))
    expect(s.context.qr.lastPublishedAt).toBe(success)
  })

  it('holds across QR rounds: a new socket does not publish earlier', async () => {
    const s = await shown('a').wait(10 * SECOND)
    s.send(fact('restart.requested'), qr('b'))
    expect(s.state).toBe('awaitingQr.shown.throttled')
    await s.wait(19_999)
    expect(s.state).toBe('awaitingQr.shown.throttled')
    await s.wait(1)
    expect(s.state).toBe('awaitingQr.verifying.asking')
  })

  it('waits for the rest of its time after a restart: 20 s before it, 10 s after it', async () => {
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

describe('The QR expiry', () => {
  it('comes 60 s after the last publication and ends the socket', async () => {
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

  it('comes when WhatsApp has no more QRs, published or not', () => {
    for (const s of [new Probe().send(qr('a')), shown('a')]) {
      s.send(closed('qrExhausted', 'qr_exhausted'))
      expect([s.state, s.socket, s.asking]).toEqual(['awaitingQr.expired', undefined, false])
    }
  })

  it('does not disconnect a phone that has scanned', async () => {
    const s = await shown('a')
      .send(paired)
      .wait(2 * MINUTE - 1)
    expect([s.state, s.sockets.length]).toEqual(['awaitingQr.linking', 1])
    s.send(closed('reconnectNow', 'restart'))
    expect(s.state).toBe('starting.connecting')
    s.send(opened)
    expect(s.state).toBe('open.settling')
  })

  it('connects anew when WhatsApp does not ask for it after a scan', async () => {
    const s = await shown('a')
      .send(paired)
      .wait(2 * MINUTE)
    expect([s.state, s.sockets.length]).toEqual(['starting.connecting', 2])
    expect(s.send(opened).state).toBe('open.settling')
  })

  it('ignores what the ended socket still reports, and a request starts a new QR round', async () => {
    const s = await shown('a').wait(60 * SECOND)
    for (const late of [qr('z'), paired, opened, closed('backoff')]) expect(s.can(late)).toBe(false)
    s.send(fact('start.requested'), qr('b'))
    expect(s.state).toBe('awaitingQr.verifying.asking')
    expect(s.context).toMatchObject({ reason: null, qr: { current: { hash: 'b' }, published: null } })
    expect(s.effects).toEqual([])
  })
})

describe('A QR that Laravel did not take', () => {
  const failed = (expiresAt?: number) =>
    new Probe().send(qr('a', expiresAt), said('active'), publishFailed('a'))

  it('is published again every 5 s while it is valid', async () => {
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

  it('is not published again once it has expired', async () => {
    const s = failed(new Probe().clock.now() + 7 * SECOND)
    await s.wait(5 * SECOND)
    s.send(publishFailed('a'))
    await s.wait(5 * SECOND)
    expect([s.state, s.publications.length]).toEqual(['awaitingQr.shown.ready', 2])
    const late = failed(new Probe().clock.now())
    expect(late.state).toBe('awaitingQr.shown.ready')
  })

  it('is replaced at once by a newer one', () => {
    const s = failed().send(qr('a'))
    expect(s.state).toBe('awaitingQr.publishing.pausing')
    expect(s.send(qr('b')).state).toBe('awaitingQr.verifying.asking')
    expect(s.send(said('active')).publishing).toBe('b')
  })
})

describe('A QR that takes the place of a void one', () => {
  const newest = (s: Probe) => s.publications.map(({ hash, alive }) => [hash, alive]).at(-1)

  it.each<[string, (s: Probe) => unknown]>([
    ['throttled', () => {}],
    ['throttled, with a newer one held back', s => s.send(qr('b'))],
    ['ready', s => s.wait(30 * SECOND)],
  ])('is published at once while the other is shown: %s', async (_, before) => {
    const s = shown('a')
    await before(s)
    const questions = s.questions.length
    s.send(replacement('a2', 'a'))
    expect([s.state, s.publishing, s.questions.length]).toEqual([
      'awaitingQr.publishing.offering',
      'a2',
      questions,
    ])
    s.send(published('a2'))
    expect(s.state).toBe('awaitingQr.shown.throttled')
    expect(s.context.qr).toMatchObject({ current: { hash: 'a2' }, published: { hash: 'a2' } })
  })

  it('says so until the phone has linked the session', () => {
    const s = shown('a').send(replacement('a2', 'a'))
    expect(s.context).toMatchObject({
      reason: 'qr_replaced',
      reasonText: expect.stringMatching(/scan the new/),
    })
    s.send(published('a2'), paired, closed('reconnectNow', 'restart'), opened)
    expect(s.context).toMatchObject({ reason: null, reasonText: null })
  })

  it('ends the publication of the void one', () => {
    const s = new Probe().send(qr('a'), said('active'), replacement('a2', 'a'))
    expect(s.publications.map(({ hash, alive }) => [hash, alive])).toEqual([
      ['a', false],
      ['a2', true],
    ])
    expect(s.send(published('a2')).context.qr.published).toMatchObject({ hash: 'a2' })
  })

  it('is published at once where Laravel did not take the other', () => {
    const s = new Probe().send(qr('a'), said('active'), publishFailed('a'), replacement('a2', 'a'))
    expect([s.state, s.publishing]).toEqual(['awaitingQr.publishing.offering', 'a2'])
  })

  it('is the one that is published once Laravel has answered', () => {
    const s = new Probe().send(qr('a'), replacement('a2', 'a'))
    expect([s.state, s.questions.length]).toEqual(['awaitingQr.verifying.asking', 1])
    expect(s.send(said('active')).publishing).toBe('a2')
  })

  it('is published only after Laravel said yes in this round, though no throttle holds it back', () => {
    const s = shown('a').send(fact('restart.requested'), qr('b'))
    expect(s.state).toBe('awaitingQr.shown.throttled')
    expect(s.send(replacement('b2', 'b')).state).toBe('awaitingQr.verifying.asking')
    expect(s.send(said('inactive')).state).toBe('awaitingQr.refused')
  })

  it('may itself be made void, as often as WhatsApp likes', () => {
    const s = shown('a').send(replacement('a2', 'a'), replacement('a3', 'a2'))
    expect(newest(s)).toEqual(['a3', true])
    s.send(published('a3'), replacement('a4', 'a3'))
    expect(newest(s)).toEqual(['a4', true])
  })

  it('starts the throttle anew: the QR after it waits for 30 s', async () => {
    const s = await shown('a').wait(20 * SECOND)
    s.send(replacement('a2', 'a'), published('a2'), qr('b'))
    await s.wait(30 * SECOND - 1)
    expect(s.state).toBe('awaitingQr.shown.throttled')
    await s.wait(1)
    expect(s.send(said('active')).publishing).toBe('b')
  })

  it('gives its reader the whole time to scan', async () => {
    const s = await shown('a').wait(59 * SECOND)
    s.send(replacement('a2', 'a'), published('a2'))
    await s.wait(60 * SECOND - 1)
    expect(s.state).toBe('awaitingQr.shown.ready')
    await s.wait(1)
    expect(s.state).toBe('awaitingQr.expired')
  })
})

describe('A QR for a device that is to be logged out', () => {
  it('shows that no device is linked: the logout is done, and no QR is published', () => {
    const s = new Probe().send(qr('a'), paired, fact('logout.requested'), qr('b'))
    expect([s.state, s.publications.length]).toEqual(['loggedOut.unlinked', 0])
    expect(s.context.intent).toBe('none')
    expect(s.timesRun('eraseCredentials')).toBe(1)
  })

  it('shows that no device is linked: the pending deletion is done', () => {
    const s = new Probe().send(qr('a'), paired, fact('delete.requested'), qr('b'))
    expect([s.state, s.context.intent]).toEqual(['loggedOut.unlinked', 'delete'])
    expect(s.timesRun('deleteSessionIfOwed')).toBe(1)
  })
})
