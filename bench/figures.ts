import type { Remote } from '../harness/rpc.ts'
import type { Contender } from './contenders/contender.ts'
import type { Laravel } from './environment/laravel.ts'
import type { SimulatorProgram } from './environment/simulator-program.ts'
import type { ServerWork } from './probe/server-work.ts'
import type { Membership } from './traffic/pair.ts'
import type { Traffic } from './traffic/plan.ts'

/** What one contender showed in one round: of whole process trees, all threads. Times in ms, memory in bytes. */
export interface Figures {
  idle: IdleFigures
  /** From kill -9 until a process that was started at once has opened every session. */
  killedToOpen: number
  sent: SentFigures
  received: ReceivedFigures
  sentToGroups: SentFigures
  /** What the data directory grew by for each message, receipts included, in bytes; NaN without one. */
  diskPerMessage: number
  /** What its servers did for each message, receipts included; NaN where it has none. */
  serverWork: ServerWork
  integrity: Integrity
}

export interface IdleFigures {
  sessions: number
  startToOpen: number
  /** With every session open and nothing to do. */
  rss: number
  /** For each session and second. */
  cpu: number
}

/** What messages of one kind cost, all that followed from them included. */
export interface Cost {
  count: number
  /** For each message. */
  cpu: number
  /** Of the process alone, by kind of thread, for each message. */
  threads: Record<string, number>
}

export interface SentFigures extends Cost {
  perSecond: number
}

export interface ReceivedFigures extends Cost {
  /** From the socket to the POST, of each message. */
  latencies: readonly number[]
}

export interface Integrity {
  sent: number
  decrypted: number
  said: number
  delivered: number
  /** In words: what was lost, doubled or not understood. */
  troubles: string[]
}

export interface MeasureOptions {
  simulator: Remote<SimulatorProgram>
  laravel: Laravel
  traffic: Traffic
  memberships: Membership[]
  /** Around each kind of traffic, and its turns: begins and ends a profile. */
  profile?: (contender: Contender, kind: TrafficKind, run: () => Promise<void>) => Promise<void>
  onStep(step: string): void
}

export type TrafficKind = 'sent' | 'received' | 'sentToGroups'
