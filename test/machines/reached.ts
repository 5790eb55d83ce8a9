import { getShortestPaths } from 'xstate/graph'
import type { SessionEvent, SessionFact } from '../../machines/facts.ts'
import { sessionMachine } from '../../machines/session.machine.ts'
import { dottedState } from '../../machines/session.state.ts'
import {
  closed,
  crashed,
  crashedTooOften,
  fact,
  idled,
  opened,
  paired,
  passkeyAsked,
  passkeyFailed,
  published,
  publishFailed,
  qr,
  replacement,
  said,
  stateNodes,
} from './probe.ts'

export type Type = SessionFact['type']

/** Each fact in every variety that guards tell apart; `satisfies` makes a new fact without a line here an error of the types. */
export const facts = {
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
    closed('versionRefused', 'client_outdated'),
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
  'version.accepted': [fact('version.accepted')],
  'logout.confirmed': [fact('logout.confirmed')],
  'laravel.answered': [said('active'), said('inactive'), said('missing'), said('unknown')],
  'qr.published': [published('a')],
  'qr.publishFailed': [publishFailed('a'), publishFailed('b')],
  'reachOut.locked': [{ type: 'reachOut.locked', until: 1 }],
  'sends.slowed': [{ type: 'sends.slowed', perMinute: 1, until: 1 }],
} satisfies { [T in Type]: SessionFact[] }

export const start = Date.UTC(2026, 0, 1)
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
export const reached = getShortestPaths(machine, {
  input: { sessionId: 's1', userId: 7, at: start },
  events: [...Object.values(facts).flat(), ...timers.map(type => ({ type }))].flatMap(event =>
    [start, start + 20_000].map(at => ({ ...event, at }) as SessionEvent),
  ) as never,
  serializeState: ({ value, context: { linked, waId, intent, reason, outage, archiveUntil, qr } }) =>
    JSON.stringify([
      ...[value, linked, waId === null, intent, reason === 'laravel_inactive', reason === 'client_outdated'],
      ...[outage?.told, archiveUntil === null, qr.current?.hash, qr.published?.hash],
    ]),
  limit: 200_000,
}).map(({ state, steps }) => ({
  leaf: dottedState(state.value),
  snapshot: state,
  way: steps.map(({ event }) => event as unknown as SessionEvent),
}))
