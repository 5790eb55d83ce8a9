import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Reaction, SessionFact } from '../../machines/facts.ts'
import { estadoQrOf } from '../../machines/session.context.ts'
import { createTestClock } from '../clock.ts'
import {
  closed,
  crashed,
  crashedTooOften,
  fact,
  idled,
  opened,
  Probe,
  paired,
  published,
  publishFailed,
  QR,
  qr,
  SECOND,
  said,
} from './probe.ts'

type Step =
  | { does: 'fact'; fact: SessionFact }
  | { does: 'wait'; ms: number }
  | { does: 'restart'; awayMs: number }

const hash = fc.constantFrom('a', 'b', 'c')
const reaction = fc.constantFrom<Reaction>(
  'reconnectNow',
  'backoff',
  'backoffLong',
  'backoffCounted',
  'qrExhausted',
  'suspend',
  'unlinked',
  'banned',
)
const time = fc.oneof(
  fc.integer({ min: 0, max: 40 * SECOND }),
  fc.constantFrom(5 * SECOND, 10 * SECOND, 30 * SECOND, 45 * SECOND, 60 * SECOND, 300 * SECOND, 900 * SECOND),
)
const away = fc.oneof(time, fc.constantFrom(21_600 * SECOND, 604_800 * SECOND))
const told = fc.option(
  fc.record({
    estadoQr: fc.constantFrom('active', 'inactive', 'pending'),
    at: fc.integer({ min: 0, max: 2 ** 41 }),
  }),
)
const anyFact: fc.Arbitrary<SessionFact> = fc.oneof(
  { weight: 4, arbitrary: hash.map(h => qr(h)) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom('active', 'inactive', 'missing', 'unknown'), told)
      .map(([word, t]) => said(word, t as never)),
  },
  { weight: 3, arbitrary: hash.map(published) },
  { weight: 1, arbitrary: hash.map(publishFailed) },
  { weight: 3, arbitrary: fc.constantFrom<SessionFact>(opened, paired) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(reaction, fc.option(fc.integer({ min: 0, max: 2 ** 42 })))
      .map(([r, until]) => closed(r, r, until)),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(
        'start.requested',
        'restart.requested',
        'logout.requested',
        'delete.requested',
        'wake.requested',
        'logout.confirmed',
        'connect.queued',
        'connect.begun',
      )
      .map(type => fact(type as 'start.requested')),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(idled('keep'), idled('hibernate'), idled('delete'), crashed, crashedTooOften, {
      type: 'socket.named',
      pushName: 'Ana',
    } as const),
  },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: anyFact.map((fact): Step => ({ does: 'fact', fact })) },
  { weight: 3, arbitrary: time.map((ms): Step => ({ does: 'wait', ms })) },
  { weight: 1, arbitrary: away.map((awayMs): Step => ({ does: 'restart', awayMs })) },
)

/** A QR round that goes well, so that random walks get deep. */
const well: fc.Arbitrary<Step[]> = fc
  .constantFrom(
    [],
    [qr('a'), said('active'), published('a')],
    [qr('a'), said('active'), published('a'), paired, closed('reconnectNow'), opened],
  )
  .map(facts => facts.map((fact): Step => ({ does: 'fact', fact })))

/** Facts that the outside can say only while something there is alive: nobody answers what was not asked. */
const possible = (s: Probe, { type }: SessionFact) => {
  if (type.startsWith('socket.') || type === 'logout.confirmed' || type.startsWith('connect.'))
    return s.socket !== undefined
  if (type === 'laravel.answered') return s.asking
  if (type.startsWith('qr.')) return s.publishing !== undefined
  return true
}

async function walk(steps: Step[]): Promise<Probe> {
  const clock = createTestClock()
  const delays: number[] = []
  const s = new Probe('s1', {
    ...clock,
    setTimeout: (fn, ms) => {
      delays.push(ms)
      return clock.setTimeout(fn, ms)
    },
  })
  for (const one of steps) {
    if (one.does === 'wait') await s.wait(one.ms)
    else if (one.does === 'restart') await s.restart(one.awayMs)
    else if (possible(s, one.fact)) {
      const stated = one.fact.type.startsWith('qr.') ? { ...one.fact, hash: s.publishing! } : one.fact
      s.send(stated as SessionFact)
    }
    for (const rule of Object.values(always)) rule(s)
  }
  expect(delays.every(ms => ms >= 0 && ms < 2 ** 31)).toBe(true)
  s.stop()
  return s
}

/** What holds after every step. */
const always: Record<string, (s: Probe) => void> = {
  'at most one socket lives, and none where none belongs': s => {
    const alive = s.sockets.filter(one => one.alive).length
    const wanted = /^(starting|open|awaitingQr\.(verifying|publishing|shown))/.test(s.state) ? 1 : 0
    expect(alive, s.state).toBe(wanted)
  },
  'questions and publications run exactly in their states': s => {
    expect(s.asking, s.state).toBe(/(asking|reconnecting\.verifying)$/.test(s.state))
    expect(s.publishing !== undefined, s.state).toBe(s.state === 'awaitingQr.publishing')
    expect(s.publications.filter(({ alive }) => alive).length).toBeLessThan(2)
  },
  'the context is plain JSON, and small': s => {
    const text = JSON.stringify(s.context)
    expect(JSON.parse(text)).toEqual(s.context)
    expect(text.length).toBeLessThan(1500)
  },
}

/** What holds of a whole life. */
const overall: Record<string, (s: Probe) => void> = {
  'no publication starts within 30 s of one that succeeded': s => {
    const successes = s.log.filter(({ event }) => event.type === 'qr.published').map(({ event }) => event.at)
    for (const { at } of s.publications)
      for (const success of successes)
        if (at > success) expect(at - success).toBeGreaterThanOrEqual(QR.throttleMs)
  },
  'Laravel never hears active before the first open': s => {
    let opens = false
    for (const { event, from, state, context } of s.log) {
      if (event.type === 'socket.opened') opens = true
      if (event.type === 'start.requested' && from.startsWith('loggedOut')) opens = false
      if (!opens) expect(estadoQrOf(state, context)).not.toBe('active')
      if (!opens) expect(context.linked).toBe(false)
    }
  },
  'credentials are erased only when nothing is linked any more, or never was': s => {
    for (const { name, context, event } of s.effects) {
      if (name === 'eraseCredentials') {
        const allowed =
          ['logout.confirmed', 'socket.qr', 'start.requested'].includes(event) ||
          event.startsWith('xstate.after.archiveEnd') ||
          (event === 'logout.requested' && context.waId === null)
        expect(allowed, `by ${event}`).toBe(true)
      }
      if (name === 'eraseSession') expect(context.intent).toBe('delete')
    }
  },
  'a session is logged out by WhatsApp, by a logout or because it never was linked': s => {
    for (const { event, from, state, context } of s.log) {
      if (from.startsWith('loggedOut') || !state.startsWith('loggedOut')) continue
      if (event.type === 'socket.closed') expect(event.reaction).toMatch(/^(unlinked|banned)$/)
      else if (/requested$|idled$/.test(event.type)) expect(context.waId).toBe(null)
      else expect(event.type).toMatch(/^(logout\.confirmed|socket\.qr)$/)
    }
  },
  'a logout that was asked for is forgotten only when it is done': s => {
    let intent = 'none'
    for (const { event, context, state } of s.log) {
      if (intent !== 'none' && context.intent === 'none') expect(state, event.type).toMatch(/^loggedOut/)
      if (intent === 'delete') expect(context.intent).toBe('delete')
      intent = context.intent
    }
  },
  'attempts go back to none only after a settled open, on request, or with a new process': s => {
    let attempts = 0
    for (const { event, context } of s.log) {
      if (context.attempts < attempts)
        expect(event.type).toMatch(
          /^(start|restart|wake)\.requested$|settle|suspension|session\.resumed|laravel\.answered/,
        )
      attempts = context.attempts
    }
  },
}

it('keeps every rule, whatever happens', { timeout: 120_000 }, () =>
  fc.assert(
    fc.asyncProperty(well, fc.array(step, { maxLength: 40 }), async (first, steps) => {
      const s = await walk([...first, ...steps])
      for (const rule of Object.values(overall)) rule(s)
    }),
    { numRuns: 200 },
  ),
)
