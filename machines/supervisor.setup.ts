import { assign, cancel, enqueueActions, setup } from 'xstate'

/** What /stats must know of one session. */
export interface SessionStanding {
  /** Top-level state. */
  state: string
  /** A QR or pairing code is being offered to Laravel. */
  publishing: boolean
  /** A QR was published and not cleared yet. */
  tracked: boolean
}

/** Where a session's life stands when its actor begins; the runtime knows the rest of it. */
export interface SessionBeginning {
  sessionId: string
}

export type SupervisorEvent =
  /** Somebody asked for a session that does not exist. */
  | { type: 'session.requested'; origin: SessionBeginning }
  /** A stored session was claimed and is to live again. */
  | { type: 'session.restored'; origin: SessionBeginning }
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

/** Restart intensity: more crashes than this within the window suspend the session. */
const CRASHES = { most: 5, withinMs: 60_000 }

/** In ms: the first wait, the longest, and how long after a return the next wait is the first again. */
const RETURN = { first: 1000, longest: 60_000, forgottenAfter: 300_000 }

const byProvider = () => {}

const recent = (crashes: number[] | undefined, at: number): number[] => [
  ...(crashes ?? []).filter(one => one > at - CRASHES.withinMs),
  at,
]

const waitOf = (last: SupervisorContext['returns'][string] | undefined, at: number): number =>
  last === undefined || (!last.pending && last.at + last.ms < at - RETURN.forgottenAfter)
    ? RETURN.first
    : Math.min(2 * last.ms, RETURN.longest)

type Lost = Extract<SupervisorEvent, { type: 'session.lost' | 'session.returnFailed' }>
type Crashed = Extract<SupervisorEvent, { type: 'session.crashed' }>
type Changed = Extract<SupervisorEvent, { type: 'session.changed' }>

const timerOf = (sessionId: string) => `return.${sessionId}`

/** The vocabulary of the supervisor's machine; what acts on session actors is provided (src/sessions/supervisor/supervisor.ts). */
export const supervisorSetup = setup({
  types: { context: {} as SupervisorContext, events: {} as SupervisorEvent },
  delays: { reapEvery: 60_000, storeRetry: 2_000 },
  guards: {
    crashesTooOften: ({ context, event }) => {
      const { sessionId, at } = event as Crashed
      return recent(context.crashes[sessionId], at).length > CRASHES.most
    },
    isReturning: ({ context, event }) => context.returns[(event as Lost).sessionId]?.pending === true,
    isNotReturning: ({ context, event }) => context.returns[(event as Lost).sessionId]?.pending !== true,
  },
  actions: {
    /** Begins a session's life in an actor of its own. */
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
      const { was, is } = event as Changed
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
    noteCrash: assign(({ context, event }) => {
      const { sessionId, at } = event as Crashed
      const still = Object.entries(context.crashes).filter(
        ([, crashes]) => crashes.at(-1)! > at - CRASHES.withinMs,
      )
      const crashes = { ...Object.fromEntries(still), [sessionId]: recent(context.crashes[sessionId], at) }
      return { crashes }
    }),
    noteLost: assign(({ context, event }) => {
      const { sessionId, at } = event as Lost
      const still = Object.entries(context.returns).filter(
        ([, one]) => one.pending || one.at + one.ms >= at - RETURN.forgottenAfter,
      )
      const wait = { pending: true, ms: waitOf(context.returns[sessionId], at), at }
      return { returns: { ...Object.fromEntries(still), [sessionId]: wait } }
    }),
    scheduleReturn: enqueueActions(({ context, event, enqueue }) => {
      const { sessionId } = event as Lost
      const { ms } = context.returns[sessionId]!
      enqueue.raise({ type: 'session.returnDue', sessionId }, { id: timerOf(sessionId), delay: ms })
    }),
    noteReturned: assign(({ context, event }) => {
      const { sessionId } = event as Extract<SupervisorEvent, { type: 'session.returned' }>
      const wait = context.returns[sessionId]
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
