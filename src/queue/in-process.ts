import type { Clock } from '../base/clock.ts'
import type { Queue } from '../ports/queue.ts'
import { createLanes } from './lanes.ts'

/** Lanes in this process alone: nothing can be unreachable, and a restart begins with what the deliveries table holds. */
export function createInProcessQueue(options: { clock: Clock; concurrency?: number }): Queue {
  const { start, wake, stop } = createLanes({ clock: options.clock, concurrency: options.concurrency ?? 32 })
  return { start, wake, stop, problem: () => null }
}
