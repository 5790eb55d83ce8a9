import { assign, setup } from 'xstate'

export type SupervisorEvent =
  /** A session actor was spawned or restored. */
  | { type: 'session.added' }
  /** A session actor is gone: deleted, or taken over by another owner. */
  | { type: 'session.removed' }
  /** A session actor threw and was restarted. */
  | { type: 'session.restarted' }
  /** A commit failed: nothing may happen until the store works again. */
  | { type: 'store.failed' }
  /** The store took a write again and every session was restored. */
  | { type: 'store.recovered' }
  | { type: 'drain.requested' }
  | { type: 'drained' }

/** Keeps the session actors: spawns, reaps, counts. The actors themselves are roots in a map (src/sessions/supervisor/supervisor.ts). */
export const supervisorMachine = setup({
  types: {
    context: {} as { live: number; spawned: number; restarted: number },
    events: {} as SupervisorEvent,
  },
  delays: { reapEvery: 60_000, storeRetry: 2_000 },
  actions: {
    /** Posts `session.idled` to sessions without messages for IDLE_AFTER_MS. */
    reap: () => {},
    /** Ends every socket: what is not in the log must not be seen outside. */
    standStill: () => {},
    /** Tries the store; on success restores every session and reports `store.recovered`. */
    tryStore: () => {},
    countAdded: assign({
      live: ({ context }) => context.live + 1,
      spawned: ({ context }) => context.spawned + 1,
    }),
    countRemoved: assign({ live: ({ context }) => context.live - 1 }),
    countRestarted: assign({ restarted: ({ context }) => context.restarted + 1 }),
  },
}).createMachine({
  id: 'supervisor',
  context: { live: 0, spawned: 0, restarted: 0 },
  initial: 'running',
  on: {
    'session.added': { actions: 'countAdded' },
    'session.removed': { actions: 'countRemoved' },
    'session.restarted': { actions: 'countRestarted' },
  },
  states: {
    running: {
      initial: 'serving',
      on: { 'drain.requested': 'draining' },
      states: {
        serving: {
          after: { reapEvery: { target: 'serving', reenter: true, actions: 'reap' } },
          on: { 'store.failed': { target: 'recovering', actions: 'standStill' } },
        },
        recovering: {
          after: { storeRetry: { target: 'recovering', reenter: true, actions: 'tryStore' } },
          on: { 'store.recovered': 'serving' },
        },
      },
    },
    draining: { on: { drained: 'stopped' } },
    stopped: { type: 'final' },
  },
})
