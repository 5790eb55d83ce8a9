import { assertEvent, assign, cancel, enqueueActions, setup } from 'xstate'
import { CRASHES, RETURN, SUPERVISOR_TIMES } from './supervisor.timers.ts'

/** What /stats must know of one session. */
export interface SessionStanding {
  /** Top-level state. */
  state: string
  /** A QR or pairing code is being offered to Laravel. */
  publishing: boolean
  /** A QR was published and not cleared yet. */
  tracked: boolean
}

/** A session's actor and what belongs to it; the runtime knows the rest. */
export interface SessionToSpawn {
  actor: { sessionId: string }
}

export type SupervisorEvent =
  /** Somebody asked for a session that does not exist. */
  | { type: 'session.requested'; entry: SessionToSpawn }
  /** A stored session was claimed and is to live again. */
  | { type: 'session.restored'; entry: SessionToSpawn }
  /** A session threw, in a transition, an effect or a callback: the error's kind, and where it came from. `at` in ms. */
  | { type: 'session.crashed'; sessionId: string; at: number; error: string; stack: string[] }
  /** The store refused a session's write for what was in it: its actor is gone, its log is not. */
  | { type: 'session.lost'; sessionId: string; at: number }
  /** Its wait is over. */
  | { type: 'session.returnDue'; sessionId: string }
  /** It could not be restored. */
  | { type: 'session.returnFailed'; sessionId: string; at: number }
  /** It lives again, or is nobody's any more. */
  | { type: 'session.returned'; sessionId: string }
  /** What is committed of a session changed; null: it was not, or is not any more. */
  | { type: 'session.changed'; was: SessionStanding | null; is: SessionStanding | null }
  /** A session actor is gone: deleted, lost, or stopped. */
  | { type: 'session.left' }
  /** A round of the reaper is over; `at` in ms. */
  | { type: 'round.ended'; at: number }
  /** Every actor was stopped, so that all can be restored. */
  | { type: 'sessions.stopped' }
  /** A commit failed: nothing may happen until the store works again. */
  | { type: 'store.failed' }
  /** The store took a write again and every session was restored. */
  | { type: 'store.recovered' }
  | { type: 'drain.requested' }
  | { type: 'drained' }

export interface SupervisorContext {
  /** Session actors that run. */
  live: number
  /** Sessions as they are committed. */
  counts: { byState: Record<string, number>; publishing: number; tracked: number }
  /** When sessions crashed lately, in ms. */
  crashes: Record<string, number[]>
  /** Sessions that the store refused, with the last wait in ms; those that are not `pending` are back. */
  returns: Record<string, { pending: boolean; ms: number; at: number }>
}

const byProvider = () => {}

const recent = (crashes: number[] | undefined, at: number): number[] => [
  ...(crashes ?? []).filter(one => one > at - CRASHES.withinMs),
  at,
]

type Return = SupervisorContext['returns'][string]

/** Whether a return was so long ago that it counts no more. */
const isOld = ({ pending, at, ms }: Return, now: number): boolean =>
  !pending && at + ms < now - RETURN.forgottenAfter

/** How long a session waits this time, in ms. */
const waitOf = (last: Return | undefined, at: number): number =>
  last === undefined || isOld(last, at) ? RETURN.first : Math.min(2 * last.ms, RETURN.longest)

/** A session may be called `constructor`, too. */
const of = <T>(known: Record<string, T>, sessionId: string): T | undefined =>
  Object.hasOwn(known, sessionId) ? known[sessionId] : undefined

const timerOf = (sessionId: string) => `return.${sessionId}`

/** The vocabulary of the supervisor's machine; what acts on session actors is provided (src/sessions/supervisor/supervisor.ts). */
export const supervisorSetup = setup({
  types: { context: {} as SupervisorContext, events: {} as SupervisorEvent },
  delays: SUPERVISOR_TIMES,
  guards: {
    crashesTooOften: ({ context, event }) => {
      assertEvent(event, 'session.crashed')
      const { sessionId, at } = event
      return recent(of(context.crashes, sessionId), at).length > CRASHES.most
    },
    isReturning: ({ context, event }) => {
      assertEvent(event, 'session.returnFailed')
      return of(context.returns, event.sessionId)?.pending === true
    },
    isNotReturning: ({ context, event }) => {
      assertEvent(event, 'session.lost')
      return of(context.returns, event.sessionId)?.pending !== true
    },
  },
  actions: {
    /** Puts a session's actor into the registry: from now on it is found, and lives once it is started. */
    spawnSession: byProvider,
    /** Lets a session that crashed go on from its last good state. */
    restartSession: byProvider,
    /** The same, but it rests first: it crashes too often. */
    suspendSession: byProvider,
    /** Restores a session that the store refused. */
    bringBackSession: byProvider,
    /** Says in the process' log when a lost session comes back. */
    tellReturn: byProvider,
    /** Posts `session.idled` to sessions without messages for IDLE_AFTER_MS, and gives up sends that nobody took in time. */
    reapIdleSessions: byProvider,
    /** Ends every socket: what is not in the log must not be seen outside. */
    stopAll: byProvider,
    /** Tries the store; on success restores every session and reports `store.recovered`. */
    tryStore: byProvider,
    countSpawned: assign({ live: ({ context }) => context.live + 1 }),
    countLeft: assign({ live: ({ context }) => context.live - 1 }),
    countChange: assign(({ context: { counts }, event }) => {
      assertEvent(event, 'session.changed')
      const { was, is } = event
      const byState = { ...counts.byState }
      if (was) byState[was.state] = (byState[was.state] ?? 0) - 1
      if (is) byState[is.state] = (byState[is.state] ?? 0) + 1
      return {
        counts: {
          byState,
          publishing: counts.publishing + Number(is?.publishing ?? false) - Number(was?.publishing ?? false),
          tracked: counts.tracked + Number(is?.tracked ?? false) - Number(was?.tracked ?? false),
        },
      }
    }),
    noteCrash: assign(({ context: { crashes }, event }) => {
      assertEvent(event, 'session.crashed')
      const { sessionId, at } = event
      return { crashes: { ...crashes, [sessionId]: recent(of(crashes, sessionId), at) } }
    }),
    noteLost: assign(({ context: { returns }, event }) => {
      assertEvent(event, ['session.lost', 'session.returnFailed'])
      const { sessionId, at } = event
      return {
        returns: { ...returns, [sessionId]: { pending: true, ms: waitOf(of(returns, sessionId), at), at } },
      }
    }),
    /** Forgets crashes and returns that count no more. */
    forgetOld: assign(({ context, event }) => {
      assertEvent(event, 'round.ended')
      const { at } = event
      const crashes = Object.entries(context.crashes).filter(
        ([, times]) => times.at(-1)! > at - CRASHES.withinMs,
      )
      const returns = Object.entries(context.returns).filter(([, one]) => !isOld(one, at))
      return { crashes: Object.fromEntries(crashes), returns: Object.fromEntries(returns) }
    }),
    scheduleReturn: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, ['session.lost', 'session.returnFailed'])
      const { sessionId } = event
      const { ms } = context.returns[sessionId]!
      enqueue.raise({ type: 'session.returnDue', sessionId }, { id: timerOf(sessionId), delay: ms })
    }),
    noteReturned: assign(({ context, event }) => {
      assertEvent(event, 'session.returned')
      const { sessionId } = event
      const wait = of(context.returns, sessionId)
      return wait === undefined
        ? {}
        : { returns: { ...context.returns, [sessionId]: { ...wait, pending: false } } }
    }),
    cancelReturns: enqueueActions(({ context, enqueue }) => {
      for (const sessionId of Object.keys(context.returns)) enqueue(cancel(timerOf(sessionId)))
    }),
    forgetReturns: assign({ returns: {} }),
  },
})
