import { causedByNobody, causingConnection, causingRequest } from './causes.ts'
import type { Clock } from './clock.ts'
import { faultFields } from './describe-error.ts'
import type { Logger } from './logger.ts'
import type { Problem } from './problem.ts'

/** What nobody caught: an error in a timer, an event of a library, a promise that nobody awaits. It ends no process. */
export interface Faults {
  /** Logs and counts it; the session whose connection it belongs to is ended, if that connection still stands. */
  caught(error: unknown): void
  /** Who ends a session by its id. */
  endWith(end: (sessionId: string, error: unknown) => void): void
  warning(): Problem | null
}

export function createFaults(logger: Logger): Faults {
  let count = 0
  let end: (sessionId: string, error: unknown) => void = () => {}
  return {
    caught(error) {
      count++
      const owner = causingConnection()
      logger.error(faultFields(error), 'a fault that nobody caught')
      if (owner !== undefined && !owner.ended) end(owner.sessionId, error)
    },
    endWith(given) {
      end = given
    },
    warning: () =>
      count === 0
        ? null
        : {
            code: 'FAULTS',
            message: `${count} ${count === 1 ? 'fault' : 'faults'} inside the service since its start: the log has each ("a fault that nobody caught"); please report them.`,
            said: [{ says: 'uncaught', values: { count } }],
          },
  }
}

/** The clock with timers that may throw, and that belong to no request: it may be answered for days when they run out. */
export function guardTimers(clock: Clock, caught: (error: unknown) => void): Clock {
  const guarded = (fn: () => void, ms: number) =>
    clock.setTimeout(() => {
      try {
        fn()
      } catch (error) {
        caught(error)
      }
    }, ms)
  return {
    now: () => clock.now(),
    setTimeout: (fn, ms) =>
      causingRequest() === undefined ? guarded(fn, ms) : causedByNobody(() => guarded(fn, ms)),
    clearTimeout: id => clock.clearTimeout(id),
  }
}

let trapped = false

/** Whether somebody hears of what nobody caught in this process. */
export const areFaultsTrapped = (): boolean => trapped

/** Lets the process live on after what nobody caught, once for the whole process. */
export function trapFaults({ caught }: Pick<Faults, 'caught'>): void {
  trapped = true
  process.on('uncaughtException', caught)
  process.on('unhandledRejection', caught)
}
