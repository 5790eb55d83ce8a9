import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { initialContext, isOldNews, type SessionContext } from '../../machines/session.context.ts'
import { estadoQrOf } from '../../machines/session.state.ts'
import { askAgainIn, backoff, sessionDelays, throttledBy } from '../../machines/session.timers.ts'
import { assertProperty } from '../property.ts'
import { DAY, HOUR, MINUTE, QR, SECOND } from './probe.ts'

const start = Date.UTC(2026, 0, 1)
const fresh = initialContext({ sessionId: 's1', userId: 7, at: start })
const with_ = (changes: Partial<SessionContext>): SessionContext => ({ ...fresh, ...changes })

describe('The backoff', () => {
  it('stays between its minimum and 5 min', async () => {
    await assertProperty(
      fc.property(
        fc.string(),
        fc.integer({ min: 0, max: 2 ** 42 }),
        fc.integer({ min: 0, max: 1e9 }),
        fc.constantFrom(1000, 5000),
        (id, at, attempt, floor) => {
          const wait = backoff(id, at, attempt, floor)
          expect(wait).toBeGreaterThanOrEqual(floor)
          expect(wait).toBeLessThanOrEqual(5 * MINUTE)
          expect(wait).toBeLessThanOrEqual(Math.max(floor, floor * 2 ** Math.min(attempt, 20)))
          expect(Number.isInteger(wait)).toBe(true)
          expect(backoff(id, at, attempt, floor)).toBe(wait)
        },
      ),
    )
  })

  it('spreads sessions that lost the network together over the whole range', () => {
    const waits = Array.from({ length: 1000 }, (_, i) => backoff(`session-${i}`, start, 20))
    const perTenth = Array.from(
      { length: 10 },
      (_, i) => waits.filter(wait => wait > i * 30 * SECOND && wait <= (i + 1) * 30 * SECOND).length,
    )
    expect(Math.min(...perTenth)).toBeGreaterThan(50)
    expect(Math.max(...perTenth)).toBeLessThan(170)
  })

  it('grows with the attempts', () => {
    const mean = (attempt: number) =>
      Array.from({ length: 300 }, (_, i) => backoff(`s${i}`, start, attempt)).reduce((a, b) => a + b) / 300
    expect(mean(1)).toBeLessThan(2 * SECOND)
    expect(mean(5)).toBeGreaterThan(10 * SECOND)
    expect(mean(12)).toBeGreaterThan(2 * MINUTE)
  })
})

describe('A question without a clear answer', () => {
  it('is asked again after 1 s, 2 s, 4 s … 1 min', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 7, 1e6].map(askAgainIn)).toEqual(
      [1, 2, 4, 8, 16, 32, 60, 60, 60].map(s => s * SECOND),
    )
  })
})

type Said = 'active' | 'inactive' | 'missing' | 'unknown'

describe('Whether an answer of Laravel is old news:', () => {
  const told = (estadoQr: 'active' | 'inactive', at: number) => ({ estadoQr, at })
  it.each([
    ['active', told('inactive', start + 9), false, 'a yes is never old'],
    ['missing', told('inactive', start + 9), false, 'a 404 is no echo of ours'],
    ['unknown', told('inactive', start + 9), false, 'nothing was said'],
    ['inactive', null, false, 'we never told anything'],
    ['inactive', told('inactive', start + 9), true, 'we said so ourselves'],
    ['inactive', told('active', start - 1), true, '/start came after'],
    ['inactive', told('active', start), false, 'Laravel changed its mind'],
    ['inactive', told('active', start + 9), false, 'Laravel changed its mind'],
  ] as [
    Said,
    { estadoQr: 'active' | 'inactive'; at: number } | null,
    boolean,
    string,
  ][])('%s after %o: %s, because %s', (said, lastTold, expected) => {
    expect(isOldNews(fresh, { type: 'laravel.answered', said, told: lastTold })).toBe(expected)
  })
})

describe('The QR throttle', () => {
  const throttled = (lastPublishedAt: number | null, at: number) =>
    throttledBy(QR)({
      context: with_({ qr: { ...fresh.qr, lastPublishedAt } }),
      event: { at },
    })
  it('counts from the last publication, and ends also when the clock was set back', () => {
    expect(throttled(null, start)).toBe(false)
    expect(throttled(start, start)).toBe(true)
    expect(throttled(start, start + 29_999)).toBe(true)
    expect(throttled(start, start + 30_000)).toBe(false)
    expect(throttled(start + HOUR, start)).toBe(false)
  })
})

describe('The delays', () => {
  const nominal = {
    watchdog: 45 * SECOND,
    settle: 5 * MINUTE,
    patience: 5 * SECOND,
    unlinkTimeout: 10 * SECOND,
    qrThrottle: 30 * SECOND,
    qrExpiry: MINUTE,
    passkeyExpiry: 10 * MINUTE,
    offerAgain: 5 * SECOND,
    askAgain: MINUTE,
    backoff: 5 * MINUTE,
    hibernation: 6 * HOUR,
    suspension: 24 * DAY,
    untold: HOUR,
    linkTimeout: 2 * MINUTE,
    answerTimeout: 2 * MINUTE,
    archiveEnd: 7 * DAY,
  }

  it('are between 0 and their nominal length at any time of the clock, and never fire at once by overflow', async () => {
    const time = fc.option(fc.integer({ min: 0, max: start * 2 }))
    await assertProperty(
      fc.property(
        fc.integer({ min: 0, max: start * 2 }),
        fc.record({ connectingAt: fc.integer({ min: 0, max: start * 2 }), openedAt: time, retryAt: time }),
        fc.record({
          archiveUntil: time,
          askAt: time,
          publishedAt: time,
          lastPublishedAt: time,
          passkeyUntil: time,
          since: fc.integer({ min: 0, max: start * 2 }),
        }),
        (now, times, { archiveUntil, askAt, publishedAt, lastPublishedAt, passkeyUntil, since }) => {
          const context = with_({
            ...times,
            archiveUntil,
            outage: { since, rests: 1, told: false },
            passkey: passkeyUntil === null ? undefined : { expiresAt: passkeyUntil },
            qr: {
              ...fresh.qr,
              askAt,
              lastPublishedAt,
              published: publishedAt === null ? null : { hash: 'a', at: publishedAt },
            },
          })
          const delays = sessionDelays(QR, () => now)
          expect(Object.keys(delays).sort()).toEqual(Object.keys(nominal).sort())
          for (const [name, delay] of Object.entries(delays)) {
            const ms = delay({ context })
            expect(ms, name).toBeGreaterThanOrEqual(0)
            expect(ms, name).toBeLessThan(2 ** 31)
            const without =
              context.qr.published === null ||
              [times.openedAt, times.retryAt, archiveUntil, askAt, passkeyUntil].includes(null)
            if (!without) expect(ms, name).toBeLessThanOrEqual(nominal[name as keyof typeof nominal])
          }
        },
      ),
    )
  })
})

describe('The estado_qr', () => {
  it.each([
    ['starting.connecting', false, 'pending'],
    ['starting.queued', false, 'pending'],
    ['starting.connecting', true, 'active'],
    ['awaitingQr.verifying.asking', false, 'pending'],
    ['awaitingQr.verifying.pausing', false, 'pending'],
    ['awaitingQr.publishing.offering', false, 'pending'],
    ['awaitingQr.publishing.pausing', false, 'pending'],
    ['awaitingQr.shown.throttled', false, 'pending'],
    ['awaitingQr.shown.ready', false, 'pending'],
    ['awaitingQr.refused', false, 'inactive'],
    ['awaitingQr.expired', false, 'inactive'],
    ['open.settling', true, 'active'],
    ['open.settled', true, 'active'],
    ['open.unlinking', true, 'active'],
    ['reconnecting.verifying', true, 'active'],
    ['reconnecting.waiting', true, 'active'],
    ['reconnecting.waiting', false, 'pending'],
    ['reconnecting.hibernated', true, 'active'],
    ['reconnecting.suspended.resting', true, 'active'],
    ['awaitingQr.linking', false, 'pending'],
    ['loggedOut.unlinked', true, 'inactive'],
    ['loggedOut.banned', true, 'inactive'],
    ['loggedOut.neverLinked', false, 'inactive'],
  ] as const)('of %s, linked %s, is %s', (state, linked, estado) => {
    expect(estadoQrOf(state, { linked, outage: null })).toBe(estado)
  })

  it.each([
    ['reconnecting.suspended.resting', 'inactive'],
    ['reconnecting.suspended.asking', 'inactive'],
    ['reconnecting.waiting', 'inactive'],
    ['starting.connecting', 'inactive'],
    ['awaitingQr.shown.ready', 'pending'],
  ])('of %s in an outage that Laravel was told of is %s', (state, estado) => {
    const outage = { since: start, rests: 3, told: true }
    expect(estadoQrOf(state, { linked: true, outage })).toBe(estado)
    if (estado === 'inactive')
      expect(estadoQrOf(state, { linked: true, outage: { ...outage, told: false } })).toBe('active')
  })
})
