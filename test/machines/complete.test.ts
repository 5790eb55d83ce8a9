import { describe, expect, it } from 'vitest'
import { getShortestPaths } from 'xstate/graph'
import type { SessionEvent, SessionFact } from '../../machines/facts.ts'
import type { SessionContext } from '../../machines/session.context.ts'
import { sessionMachine } from '../../machines/session.machine.ts'
import { dottedState } from '../../machines/session.state.ts'
import {
  closed,
  crashed,
  crashedTooOften,
  fact,
  idled,
  leafStates,
  opened,
  Probe,
  paired,
  passkeyAsked,
  passkeyFailed,
  pathTo,
  published,
  publishFailed,
  qr,
  replacement,
  said,
  stateNodes,
} from './probe.ts'

type Type = SessionFact['type']

/** Each fact in every variety that guards tell apart; `satisfies` makes a new fact without a line here an error of the types. */
const facts = {
  'session.created': [{ type: 'session.created', sessionId: 's1', userId: 7 }],
  'session.resumed': [fact('session.resumed')],
  'session.crashed': [crashed],
  'session.idled': [idled('keep'), idled('hibernate'), idled('delete')],
  'start.requested': [fact('start.requested')],
  'restart.requested': [fact('restart.requested')],
  'logout.requested': [fact('logout.requested')],
  'delete.requested': [fact('delete.requested')],
  'wake.requested': [fact('wake.requested')],
  'crashes.exceeded': [crashedTooOften],
  'connect.queued': [fact('connect.queued')],
  'connect.begun': [fact('connect.begun')],
  'socket.opened': [opened],
  'socket.qr': [qr('a'), qr('b'), replacement('b', 'a')],
  'socket.paired': [paired],
  'socket.named': [{ type: 'socket.named', pushName: 'Ana' }],
  'socket.closed': [
    ...(['reconnectNow', 'backoff', 'backoffLong', 'backoffCounted'] as const).map(one => closed(one)),
    ...(['qrExhausted', 'suspend', 'unlinked', 'banned'] as const).map(one => closed(one)),
    closed('suspend', 'temporarily_banned', Number.MAX_SAFE_INTEGER),
    closed('suspend', 'replaced'),
  ],
  'passkey.asked': [passkeyAsked(Number.MAX_SAFE_INTEGER)],
  'passkey.submitted': [fact('passkey.submitted')],
  'passkey.codeShown': [fact('passkey.codeShown')],
  'passkey.proved': [fact('passkey.proved')],
  'passkey.confirmed': [fact('passkey.confirmed')],
  'passkey.cancelled': [fact('passkey.cancelled')],
  'passkey.failed': [passkeyFailed],
  'logout.confirmed': [fact('logout.confirmed')],
  'laravel.answered': [said('active'), said('inactive'), said('missing'), said('unknown')],
  'qr.published': [published('a')],
  'qr.publishFailed': [publishFailed('a'), publishFailed('b')],
  'reachOut.locked': [{ type: 'reachOut.locked', until: 1 }],
  'sends.slowed': [{ type: 'sends.slowed', perMinute: 1, until: 1 }],
} satisfies { [T in Type]: SessionFact[] }

/** Which facts the machine has no use for, where and when, and why that is right. */
interface Ignored {
  states: RegExp
  facts: Type[]
  /** In any context, if absent. */
  when?: (context: SessionContext, fact: SessionFact) => boolean
  why: string
}

const isPaired = ({ waId }: SessionContext) => waId !== null
const isOwing = ({ intent }: SessionContext) => intent !== 'none'
const idles = (fact: SessionFact, policy: string) => fact.type === 'session.idled' && fact.policy === policy

const ignored: Ignored[] = [
  { states: /./, facts: ['session.created'], why: 'is the beginning itself: the host records it, once' },
  {
    states: /^(awaitingQr|open|loggedOut|starting|reconnecting\.(?!hibernated))/,
    facts: ['wake.requested'],
    why: 'only what sleeps is woken',
  },
  {
    states: /^(awaitingQr|open|reconnecting|loggedOut)/,
    facts: ['connect.queued'],
    why: 'only a socket that is to open waits for its turn',
  },
  { states: /^(?!starting\.queued)/, facts: ['connect.begun'], why: 'nothing waits for its turn' },
  {
    states: /^(reconnecting|loggedOut|awaitingQr\.(refused|expired))/,
    facts: ['socket.opened', 'socket.qr', 'socket.paired', 'socket.named', 'socket.closed'],
    why: 'the socket was ended: what it still says is void',
  },
  {
    states: /^open/,
    facts: ['socket.opened', 'socket.qr', 'socket.paired'],
    why: 'a socket that is open offers no QR and opens once',
  },
  {
    states: /^(starting|awaitingQr\.(verifying|publishing|shown|passkey))/,
    facts: ['socket.named'],
    why: 'socket.opened brings the name',
  },
  {
    states: /^awaitingQr\.(verifying|publishing|shown)/,
    facts: ['socket.qr'],
    when: ({ qr: { current, published } }, fact) =>
      fact.type === 'socket.qr' && (fact.hash === current?.hash || fact.hash === published?.hash),
    why: 'this QR is known already',
  },
  {
    states: /^awaitingQr\.passkey/,
    facts: ['socket.qr'],
    why: 'a phone has scanned already',
  },
  {
    states: /^(starting|open|reconnecting|loggedOut|awaitingQr\.(refused|expired))/,
    facts: [
      'passkey.asked',
      'passkey.submitted',
      'passkey.codeShown',
      'passkey.proved',
      'passkey.confirmed',
      'passkey.cancelled',
      'passkey.failed',
    ],
    why: 'no phone is being linked',
  },
  {
    states: /^awaitingQr\.(verifying|publishing|shown)/,
    facts: [
      'passkey.submitted',
      'passkey.codeShown',
      'passkey.proved',
      'passkey.confirmed',
      'passkey.cancelled',
    ],
    why: 'WhatsApp demands no passkey',
  },
  {
    states: /^awaitingQr\.(verifying|publishing|shown|passkey)/,
    facts: ['passkey.asked', 'passkey.failed'],
    when: isPaired,
    why: 'the phone has linked the device',
  },
  {
    states: /^awaitingQr\.passkey/,
    facts: ['passkey.cancelled'],
    when: isPaired,
    why: 'the phone has linked the device: a logout ends that',
  },
  {
    states: /^awaitingQr\.passkey\.(required|confirm|finishing)/,
    facts: ['passkey.codeShown', 'passkey.proved'],
    why: 'WhatsApp has no assertion that it could take',
  },
  {
    states: /^awaitingQr\.passkey\.(required|submitting|finishing)/,
    facts: ['passkey.confirmed'],
    why: 'no code waits to be compared',
  },
  {
    states: /^awaitingQr\.passkey\.finishing/,
    facts: ['passkey.submitted'],
    why: 'the phone links the device with the assertion that it has',
  },
  {
    states: /^(?!open)/,
    facts: ['logout.confirmed'],
    why: 'the device is unlinked over an open socket only; elsewhere WhatsApp says socket.closed',
  },
  {
    states: /^(?!awaitingQr\.verifying\.asking|reconnecting\.(verifying|suspended\.asking))/,
    facts: ['laravel.answered'],
    why: 'nothing was asked, or the answer came too late',
  },
  {
    states: /^(?!awaitingQr\.publishing\.offering)/,
    facts: ['qr.published', 'qr.publishFailed'],
    why: 'no publication runs',
  },
  {
    states: /^awaitingQr\.(refused|expired)/,
    facts: ['session.resumed'],
    why: 'nothing runs there that a restart would end',
  },
  {
    states: /^loggedOut/,
    facts: ['restart.requested', 'logout.requested', 'crashes.exceeded'],
    why: 'there is no link to restart, to end or to suspend',
  },
  {
    states: /^(?!loggedOut)/,
    facts: ['start.requested', 'restart.requested'],
    when: isOwing,
    why: 'what is owed to WhatsApp comes first',
  },
  {
    states: /^loggedOut/,
    facts: ['start.requested'],
    when: ({ intent }) => intent === 'delete',
    why: 'everything is being erased',
  },
  {
    states: /./,
    facts: ['session.idled'],
    when: (context, fact) => idles(fact, 'keep') && isPaired(context),
    why: 'what a phone has linked is kept',
  },
  {
    states: /^(?!open\.settl)/,
    facts: ['session.idled'],
    when: (context, fact) => idles(fact, 'hibernate') && isPaired(context),
    why: 'only an open socket is put to sleep',
  },
  {
    states: /^(?!loggedOut)/,
    facts: ['session.idled'],
    when: (context, fact) => idles(fact, 'delete') && isOwing(context),
    why: 'the link is being ended already',
  },
  {
    states: /^loggedOut/,
    facts: ['session.idled'],
    when: (context, fact) => idles(fact, 'delete') && isPaired(context),
    why: 'there is no link to end, and what it was stays in the archive',
  },
]

const start = Date.UTC(2026, 0, 1)
const outside = [
  'eraseCredentials',
  'eraseCredentialsIfDue',
  'deleteSession',
  'deleteSessionIfOwed',
  'failQueued',
]
const machine = sessionMachine.provide({
  guards: { isThrottled: (({ event }: { event: { at: number } }) => event.at === start) as () => boolean },
  actions: Object.fromEntries(outside.map(name => [name, () => {}])) as never,
}) as typeof sessionMachine

/** Timers of the chart: their events name the node that waits. */
const timers = stateNodes.flatMap(({ transitions }) =>
  [...transitions.keys()].filter(type => type.startsWith('xstate.after')),
)

/** A session in each state that facts and timers lead to, in each context that matters to guards. */
const reached = getShortestPaths(machine, {
  input: { sessionId: 's1', userId: 7, at: start },
  events: [...Object.values(facts).flat(), ...timers.map(type => ({ type }))].flatMap(event =>
    [start, start + 20_000].map(at => ({ ...event, at }) as SessionEvent),
  ) as never,
  serializeState: ({ value, context: { linked, waId, intent, reason, retryAt, archiveUntil, qr } }) =>
    JSON.stringify([
      ...[value, linked, waId === null, intent, reason === 'laravel_inactive', retryAt === null],
      ...[archiveUntil === null, qr.current?.hash, qr.published?.hash],
    ]),
  limit: 200_000,
}).map(({ state }) => ({ leaf: dottedState(state.value), snapshot: state }))

const rowsFor = (leaf: string, context: SessionContext, one: SessionFact) =>
  ignored.filter(
    ({ states, facts, when = () => true }) =>
      states.test(leaf) && facts.includes(one.type) && when(context, one),
  )

describe('The session machine', () => {
  it.each(leafStates)('ignores in %s exactly the facts that are listed', leaf => {
    const here = reached.filter(one => one.leaf === leaf)
    expect(here).not.toEqual([])
    for (const { snapshot } of here)
      for (const one of Object.values(facts).flat()) {
        const rows = rowsFor(leaf, snapshot.context, one)
        const heard = snapshot.can({ ...one, at: start } as SessionEvent)
        const what = `${JSON.stringify(one)} is ${heard ? 'heard' : 'ignored'} by ${JSON.stringify(snapshot.context)}`
        expect(rows.map(({ why }) => why).length, what).toBe(heard ? 0 : 1)
      }
  })

  it.each(ignored)('ignores each fact of this line in some state: $why', row => {
    for (const type of row.facts)
      expect(
        reached.some(({ leaf, snapshot: { context } }) =>
          facts[type].some(one => rowsFor(leaf, context, one).includes(row)),
        ),
        type,
      ).toBe(true)
  })

  it('takes a send exactly where the session is open or connects by itself after a scan', () => {
    for (const { leaf, snapshot } of reached) {
      const { waId, intent } = snapshot.context
      const comesBack = /^(starting|open\.settl|reconnecting\.(verifying|waiting|hibernated))/.test(leaf)
      const taken = snapshot.can({ type: 'message.queued', at: start } as never)
      expect(taken, `${leaf} ${JSON.stringify(snapshot.context)}`).toBe(
        comesBack && waId !== null && intent === 'none',
      )
    }
  })
})

describe('Every state', () => {
  it('can be reached', () => {
    expect([...new Set(reached.map(({ leaf }) => leaf))].sort()).toEqual([...leafStates].sort())
  })

  it('can be left towards open by facts and timers', async () => {
    for (const leaf of leafStates) {
      const s = await pathTo[leaf]!()
      expect(s.state).toBe(leaf)
      for (let i = 0; i < 40 && s.state !== 'open.settling'; i++) {
        if (s.context.intent !== 'none') s.send(opened, fact('logout.confirmed'))
        s.send(fact('start.requested'), fact('wake.requested'), opened)
        if (s.state !== 'open.settling') await s.wait(15_000)
        if (s.asking) s.send(said('active'))
      }
      expect(s.state, leaf).toMatch(/^open\.settl/)
    }
  })
})

it('Two sessions of the same machine do not change each other', () => {
  const [a, b] = [new Probe('a'), new Probe('b')]
  a.send(qr('a'), said('active'), published('a'))
  expect(b.state).toBe('starting.connecting')
  expect(b.context.qr).toEqual({
    current: null,
    published: null,
    lastPublishedAt: null,
    unclear: 0,
    askAt: null,
  })
})
