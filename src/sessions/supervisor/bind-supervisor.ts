import { assertEvent } from 'xstate'
import { supervisorMachine } from '../../../machines/supervisor.machine.ts'
import type { SupervisorEvent } from '../../../machines/supervisor.setup.ts'
import type { SessionEntry } from '../registry.ts'

type Crash = Extract<SupervisorEvent, { type: 'session.crashed' }>

/** What the supervisor's machine decides and others do. */
export interface SupervisorActions {
  spawn(entry: SessionEntry): void
  /** Lets a session go on that crashed, or rest if it crashed too often. */
  restart(crash: Crash, tooOften: boolean): void
  bringBack(sessionId: string): void
  /** A session was lost, and comes back in `ms`. */
  tellReturn(sessionId: string, ms: number): void
  reap(): void
  stopAll(): void
  tryStore(): void
}

/** The supervisor's machine with its actions; one that throws is told to `failed` and ends nothing: a dead supervisor restarts nobody. */
export function bindSupervisor(
  reapEveryMs: number,
  act: SupervisorActions,
  failed: (error: unknown) => void,
): typeof supervisorMachine {
  const safely = (action: () => void) => {
    try {
      action()
    } catch (error) {
      failed(error)
    }
  }
  return supervisorMachine.provide({
    delays: { reapEvery: reapEveryMs },
    actions: {
      spawnSession: ({ event }) => {
        assertEvent(event, ['session.requested', 'session.restored'])
        act.spawn(event.entry as SessionEntry)
      },
      restartSession: ({ event }) => {
        assertEvent(event, 'session.crashed')
        safely(() => act.restart(event, false))
      },
      suspendSession: ({ event }) => {
        assertEvent(event, 'session.crashed')
        safely(() => act.restart(event, true))
      },
      bringBackSession: ({ event }) => {
        assertEvent(event, 'session.returnDue')
        safely(() => act.bringBack(event.sessionId))
      },
      tellReturn: ({ context, event }) => {
        assertEvent(event, ['session.lost', 'session.returnFailed'])
        safely(() => act.tellReturn(event.sessionId, context.returns[event.sessionId]!.ms))
      },
      reapIdleSessions: () => safely(act.reap),
      stopAll: () => safely(act.stopAll),
      tryStore: () => safely(act.tryStore),
    },
  }) as typeof supervisorMachine
}
