import type { Answer } from '../harness/manager-api.ts'
import type { ProcessOptions, Signal } from './manager-program.ts'

/** What a run asks of the manager, be it one process or several. */
export interface ManagerUnderTest {
  /** Resolves when all of it listens, rejects when a process ends before. */
  start(options: ProcessOptions): Promise<void>
  /** Ends all of it, and waits for the end. */
  stop(signal: Signal): Promise<void>
  /** Whether a process runs that answers. */
  readonly running: boolean
  /** Resolves once somebody listens. */
  up(): Promise<void>
  /** Deliveries that Laravel did not take yet. */
  pending(): Promise<number>
  /** One request; rejects when the connection breaks, or there is none. */
  call(method: 'GET' | 'POST', path: string, body?: object, key?: string): Promise<Answer>
  /** POST /start. Throws unless it is answered with 200. */
  startSession(sessionId: string): Promise<void>
}
