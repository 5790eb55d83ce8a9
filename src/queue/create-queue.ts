import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { kindOfLane } from '../ports/delivery-table.ts'
import type { Queue } from '../ports/queue.ts'
import { createInProcessQueue } from './in-process.ts'

/** On Redis if there is an address of one, else in this process. `name` is the installation's, see bullmq.ts. */
export async function createQueue(
  redisUrl: string | null,
  { clock, ...rest }: { name: string; clock: Clock; logger: Logger },
): Promise<Queue> {
  if (redisUrl === null) return createInProcessQueue({ clock, groupOf: kindOfLane })
  // Loading BullMQ takes a while and some MB: only for those who use it.
  const { createBullMqQueue } = await import('./bullmq.ts')
  return createBullMqQueue({ url: redisUrl, groupOf: kindOfLane, clock, ...rest })
}
