import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { assign } from 'xstate'
import type { Reaction, SessionFact } from '../../machines/facts.ts'
import { initialContext } from '../../machines/session.context.ts'
import { SESSION_MACHINE_VERSION, sessionMachine } from '../../machines/session.machine.ts'
import { sessionSetup } from '../../machines/session.setup.ts'
import { estadoQrOf } from '../../machines/session.state.ts'
import { createTestClock } from '../base/clock.ts'
import { differences } from '../golden/logs.ts'
import { assertProperty } from '../property.ts'
import {
  closed,
  crashed,
  crashedTooOften,
  fact,
  idled,
  opened,
  Probe,
  paired,
  passkeyAsked,
  passkeyFailed,
  published,
  publishFailed,
  QR,
  qr,
  replacement,
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
  'versionRefused',
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
  { weight: 1, arbitrary: fc.tuple(hash, hash).map(([newer, dead]) => replacement(newer, dead)) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom('active', 'inactive', 'missing', 'unknown'), told)
      .map(([word, t]) => said(word, t as never)),
  },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.integer({ min: 0, max: 2 ** 42 }).map(passkeyAsked),
      fc.constantFrom(
        passkeyFailed,
        ...(['submitted', 'codeShown', 'proved', 'confirmed', 'cancelled'] as const).map(word =>
          fact(`passkey.${word}`),
        ),
      ),
    ),
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
        'version.accepted',
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

/** A QR round that goes goodRound, so that random walks get deep. */
const goodRound: fc.Arbitrary<Step[]> = fc
  .constantFrom(
    [],
    [qr('a'), said('active'), published('a')],
    [qr('a'), said('active'), published('a'), fact('restart.requested'), qr('b'), said('active')],
    [qr('a'), said('active'), published('a'), passkeyAsked(2 ** 42), fact('passkey.submitted')],
    [qr('a'), said('active'), published('a'), paired, closed('reconnectNow'), opened],
  )
  .map(facts => facts.map((fact): Step => ({ does: 'fact', fact })))

/** Facts that the outside can say only while something there is alive: nobody answers what was not asked. */
const possible = (s: Probe, { type }: SessionFact) => {
  if (/^(?:socket|passkey)\./.test(type) || type === 'logout.confirmed' || type.startsWith('connect.'))
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
    checkRules(always, s)
  }
  expect(delays.every(ms => ms >= 0 && ms < 2 ** 31)).toBe(true)
  s.stop()
  return s
}

/** Throws with the name of the first rule that is broken. */
function checkRules(rules: Record<string, (s: Probe) => void>, s: Probe): void {
  for (const [name, rule] of Object.entries(rules)) {
    try {
      rule(s)
    } catch (cause) {
      throw new Error(`broken: ${name}`, { cause })
    }
  }
}

/** What holds after every step. */
const always: Record<string, (s: Probe) => void> = {
  'at most one socket lives, and none where none belongs': s => {
    const alive = s.sockets.filter(one => one.alive).length
    const wanted = /^(starting|open|awaitingQr\.(verifying|publishing|shown|passkey|linking))/.test(s.state)
      ? 1
      : 0
    expect(alive, s.state).toBe(wanted)
  },
  'questions and publications run exactly in their states': s => {
    expect(s.asking, s.state).toBe(/(asking|reconnecting\.verifying)$/.test(s.state))
    expect(s.publishing !== undefined, s.state).toBe(s.state === 'awaitingQr.publishing.offering')
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
  'no publication starts within 30 s of one that succeeded, but for what takes the place of a void or used one':
    s => {
      let success = Number.NEGATIVE_INFINITY
      for (const { event, from, state } of s.log) {
        if (event.type === 'passkey.asked' || event.type === 'passkey.failed')
          success = Number.NEGATIVE_INFINITY
        if (event.type === 'socket.qr' && event.replaces !== undefined) success = Number.NEGATIVE_INFINITY
        if (state === 'awaitingQr.publishing.offering' && from !== state)
          expect(event.at - success).toBeGreaterThanOrEqual(QR.throttleMs)
        if (event.type === 'qr.published') success = event.at
      }
      const isOffer = ({ event, from, state }: Probe['log'][number]) =>
        state === 'awaitingQr.publishing.offering' &&
        (from !== state || (event.type === 'socket.qr' && event.replaces !== undefined))
      expect(s.publications.length).toBe(s.log.filter(isOffer).length)
    },
  'the fold of the log is the state and the context': s => {
    const { createdAt, sessionId, userId } = s.context
    const created = { type: 'session.created', at: createdAt, data: { sessionId, userId } }
    const facts = s.log.map(({ event: { type, at, ...data }, state, context }) => ({
      type,
      at,
      data,
      state,
      context,
    }))
    const first = {
      ...created,
      state: 'starting.connecting',
      context: initialContext({ sessionId, userId, at: createdAt }),
    }
    const rows = [first, ...facts].map(({ context, ...row }, i) => ({
      ...row,
      seq: i + 1,
      context: JSON.stringify(context),
      machine_version: SESSION_MACHINE_VERSION,
    }))
    expect(differences(rows)).toEqual([])
  },
  'a passkey has a deadline exactly while it is demanded': s => {
    for (const { state, context } of s.log)
      expect(context.passkey !== undefined, state).toBe(state.startsWith('awaitingQr.passkey'))
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
      // Erases what was due before the process died: a restart asks for it, and only where a session is logged out.
      if (name === 'eraseCredentialsIfDue') {
        expect(event).toBe('session.resumed')
        expect(context.intent).not.toBe('logout')
      }
      if (name === 'deleteSession') expect(context.intent).toBe('delete')
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
        expect(event.type).toMatch(/^(start|restart|wake)\.requested$|settle|session\.resumed/)
      attempts = context.attempts
    }
  },
}

const property = fc.asyncProperty(
  goodRound,
  fc.array(step, { maxLength: 60, size: 'max' }),
  async (first, steps) => {
    checkRules(overall, await walk([...first, ...steps]))
  },
)

it('The session machine keeps every rule under random facts, waits and restarts', { timeout: 120_000 }, () =>
  assertProperty(property, { numRuns: 200 }),
)

describe('The property fails with a machine', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  type Provided = Parameters<typeof sessionMachine.provide>[0]
  type Change = (provided: Provided) => object
  const guard =
    (name: string, is: boolean): Change =>
    ({ guards }) => ({ guards: { ...guards, [name]: () => is } })
  const action =
    (name: string, does: unknown): Change =>
    ({ actions }) => ({ actions: { ...actions, [name]: does } })
  const { config } = sessionMachine
  const erasing = { target: '.reconnecting.waiting', actions: ['noteCrashed', 'eraseCredentials'] }
  const asIs = sessionMachine.provide.bind(sessionMachine)

  it.each<[string, Change, RegExp]>([
    ['that never throttles QRs', guard('isThrottled', false), /no publication starts within 30 s/],
    [
      'that is linked before the first open',
      action('notePaired', assign({ linked: true, waId: '1' })),
      /never hears active/,
    ],
    [
      'that ignores the scan of a phone',
      guard('isPaired', false),
      /credentials are erased only|is logged out by/,
    ],
    [
      'that forgets a pending logout',
      action('clearIntent', assign({ intent: 'none' })),
      /is forgotten only when/,
    ],
    ['that does not end its sockets', action('endSocket', () => {}), /at most one socket lives/],
    [
      'that picks its next try at random',
      action('noteClosed', assign({ retryAt: () => Math.random() })),
      /the fold of the log/,
    ],
    [
      'that counts attempts from none at each lost connection',
      action('noteClosed', assign({ attempts: 0 })),
      /attempts go back/,
    ],
  ])('%s', async (_name, change, rule) => {
    vi.spyOn(sessionMachine, 'provide').mockImplementation(
      provided => asIs({ ...provided, ...change(provided) } as never) as never,
    )
    expect(await found()).toMatch(rule)
  })

  it('that erases credentials after a crash', async () => {
    const changed = sessionSetup.createMachine({
      ...config,
      on: { ...config.on, 'session.crashed': erasing },
    } as never)
    vi.spyOn(sessionMachine, 'provide').mockImplementation(
      provided => changed.provide(provided as never) as never,
    )
    expect(await found()).toMatch(/credentials are erased only/)
  })

  const found = async (): Promise<string> => {
    const { failed, errorInstance } = await fc.check(property, { numRuns: 200, seed: 4, endOnFailure: true })
    expect(failed).toBe(true)
    return String(errorInstance)
  }
})
