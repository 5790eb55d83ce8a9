import type { Problem } from '../base/problem.ts'

/** Calls `drain(lane)` for each lane that was woken, one call per lane at a time. */
export interface Queue {
  start(drain: Drain): void
  wake(lane: string, at?: number): void
  stop(ms: number): Promise<void>
  /** What is wrong while the queue's server cannot be used; null otherwise. */
  problem(): Problem | null
}

/** Resolves with the time at which the lane wants to be woken again, or null. */
export type Drain = (lane: string) => Promise<number | null>
