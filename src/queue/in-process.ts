import type { Clock } from '../base/clock.ts'
import type { Queue } from '../ports/queue.ts'
import { createLanes, type LanesOptions } from './lanes.ts'

/** Lanes in this process alone: nothing can be unreachable, and a restart begins with what the deliveries table holds. */
export function createInProcessQueue(options: {
  clock: Clock
  /** Of each group. */
  concurrency?: number
  groupOf?: LanesOptions['groupOf']
}): Queue {
  const { clock, concurrency = 32, groupOf } = options
  const { start, wake, stop } = createLanes({ clock, concurrency, groupOf })
  return { start, wake, stop, problem: () => null }
}
