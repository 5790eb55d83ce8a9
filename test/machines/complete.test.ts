import { describe, expect, it } from 'vitest'
import { getShortestPaths } from 'xstate/graph'
import type { SessionEvent, SessionFact } from '../../machines/facts.ts'
import { sessionMachine } from '../../machines/session.machine.ts'
import { dottedState } from '../../src/sessions/state.ts'
import {
  closed,
  crashed,
  crashedTooOften,
  fact,
  idled,
  leaves,
  nodes,
  opened,
  Probe,
  paired,
  published,
  publishFailed,
  qr,
  said,
  ways,
} from './probe.ts'

/** One of each fact; `satisfies` makes a new fact without a line here an error of the types. */
const facts = {
  'session.created': { type: 'session.created', sessionId: 's1', userId: 7 },
  'session.resumed': fact('session.resumed'),
  'session.crashed': crashed,
  'session.idled': idled('delete'),
  'start.requested': fact('start.requested'),
  'restart.requested': fact('restart.requested'),
  'logout.requested': fact('logout.requested'),
  'delete.requested': fact('delete.requested'),
  'wake.requested': fact('wake.requested'),
  'crashes.exceeded': crashedTooOften,
  'connect.queued': fact('connect.queued'),
  'connect.begun': fact('connect.begun'),
  'socket.opened': opened,
  'socket.qr': qr('a'),
  'socket.paired': paired,
  'socket.named': { type: 'socket.named', pushName: 'Ana' },
  'socket.closed': closed('backoff'),
  'logout.confirmed': fact('logout.confirmed'),
  'laravel.answered': said('active'),
  'qr.published': published('a'),
  'qr.publishFailed': publishFailed('a'),
} satisfies { [Type in SessionFact['type']]: Extract<SessionFact, { type: Type }> | SessionFact }

/** Which facts a state has no use for, whatever the context says, and why that is right. */
const ignored: { states: RegExp; facts: (keyof typeof facts)[]; why: string }[] = [
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
    states: /^(starting|awaitingQr\.(verifying|publishing|shown))/,
    facts: ['socket.named'],
    why: 'socket.opened brings the name',
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
    states: /^(?!awaitingQr\.publishing)/,
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
]

/** Whether some context lets this state act on this fact: the nearest node that names it decides, then its parents. */
function hears(leaf: string, type: string): boolean {
  for (let path = leaf.split('.'); ; path = path.slice(0, -1)) {
    const node = nodes.find(one => one.path.join('.') === path.join('.'))!
    for (const [descriptor, candidates] of node.transitions) {
      const matches =
        descriptor === type || (descriptor.endsWith('.*') && type.startsWith(descriptor.slice(0, -1)))
      if (!matches) continue
      for (const { target, actions, guard } of candidates) {
        if (target !== undefined || actions.length > 0) return true
        if (guard === undefined) return false
      }
    }
    if (path.length === 0) return false
  }
}

describe('no fact goes unheard by mistake', () => {
  it.each(leaves)('%s', leaf => {
    for (const type of Object.keys(facts) as (keyof typeof facts)[]) {
      const reasons = ignored.filter(({ states, facts }) => states.test(leaf) && facts.includes(type))
      expect(reasons.length, `${type} is ${hears(leaf, type) ? 'heard' : 'ignored'} in ${leaf}`).toBe(
        hears(leaf, type) ? 0 : 1,
      )
    }
  })

  it('every line of the table is about some state', () => {
    for (const { states, why } of ignored)
      expect(
        leaves.some(leaf => states.test(leaf)),
        why,
      ).toBe(true)
  })

  it('and what is ignored by the chart is ignored by the live machine', async () => {
    for (const leaf of leaves) {
      const s = await ways[leaf]!()
      for (const [type, one] of Object.entries(facts))
        if (!hears(leaf, type)) expect(s.can(one as SessionFact), `${type} in ${leaf}`).toBe(false)
    }
  })
})

describe('every state', () => {
  const start = Date.UTC(2026, 0, 1)
  const machine = sessionMachine.provide({
    guards: { isThrottled: (({ event }: { event: { at: number } }) => event.at === start) as () => boolean },
    actions: Object.fromEntries(
      ['eraseCredentials', 'eraseCredentialsIfDue', 'eraseSession', 'eraseSessionIfOwed', 'failQueued'].map(
        name => [name, () => {}],
      ),
    ) as never,
  }) as typeof sessionMachine

  /** What can happen, timers of the chart included: their events name the node that waits. */
  const timers = nodes.flatMap(({ transitions }) =>
    [...transitions.keys()].filter(type => type.startsWith('xstate.after')),
  )
  const events = [
    ...Object.values(facts),
    ...(['backoffCounted', 'reconnectNow', 'qrExhausted', 'suspend', 'unlinked', 'banned'] as const).map(
      reaction => closed(reaction),
    ),
    idled('hibernate'),
    said('inactive'),
    said('unknown'),
    qr('b'),
    ...timers.map(type => ({ type })),
  ].flatMap(event => [start, start + 20_000].map(at => ({ ...event, at }) as SessionEvent))

  it('can be reached', () => {
    const paths = getShortestPaths(machine, {
      input: { sessionId: 's1', userId: 7, at: start },
      events: events as never,
      serializeState: ({ value, context: { linked, waId, intent, reason } }) =>
        JSON.stringify([value, linked, waId === null, intent, reason === 'laravel_inactive']),
      limit: 200_000,
    })
    const reached = new Set(paths.map(({ state }) => dottedState(state.value)))
    expect([...reached].sort()).toEqual([...leaves].sort())
  }, 120_000)

  it('is left by a sequence of facts and timers towards open, unless the session is gone', async () => {
    for (const leaf of leaves) {
      const s = await ways[leaf]!()
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

it('a session of its own is untouched by another one of the same machine', () => {
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
