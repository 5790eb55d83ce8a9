import { AsyncLocalStorage } from 'node:async_hooks'
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

/** A connection of a session. */
export interface FaultOwner {
  readonly sessionId: string
  /** Set once it has ended: what it leaves behind must not end the next one. */
  ended: boolean
}

const owners = new AsyncLocalStorage<FaultOwner>()

/** Runs work of a connection, whose timers, events and promises belong to it from then on. */
export const ownedBy = <T>(owner: FaultOwner, work: () => T): T => owners.run(owner, work)

export function createFaults(logger: Logger): Faults {
  let count = 0
  let end: (sessionId: string, error: unknown) => void = () => {}
  return {
    caught(error) {
      count++
      const owner = owners.getStore()
      const whose = owner === undefined ? {} : { session_id: owner.sessionId }
      logger.error({ ...whose, ...faultFields(error) }, 'a fault that nobody caught')
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
          },
  }
}

/** The clock with timers that may throw. */
export function guardTimers(clock: Clock, caught: (error: unknown) => void): Clock {
  return {
    now: () => clock.now(),
    setTimeout: (fn, ms) =>
      clock.setTimeout(() => {
        try {
          fn()
        } catch (error) {
          caught(error)
        }
      }, ms),
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
