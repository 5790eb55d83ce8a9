import { bounded } from '../base/bounded.ts'
import type { Clock } from '../base/clock.ts'
import type { DeliveryOutcome, DeliveryRow } from '../ports/delivery-table.ts'

/** So many are remembered; a page of a chat shows some tens. */
const MOST = 5_000

/** When Laravel took what it took last, for whoever looks at a message. */
export interface TakenTimes {
  /** What became of a delivery. */
  settled(delivery: Pick<DeliveryRow, 'webhookId'>, outcome: DeliveryOutcome): void
  /** In ms since the epoch; null: it was not, or that is too long ago. */
  at(webhookId: string): number | null
}

/**
 * In memory alone: the store forgets a delivery that is done. To keep its time with the message, in the same commit, would write a row more
 * and two to four pages of 4 KB anew for each message: 8 KB more of the write-ahead log in company, 16 KB alone.
 */
export function createTakenTimes(clock: Pick<Clock, 'now'>): TakenTimes {
  const times = bounded<number>(MOST)
  return {
    settled({ webhookId }, outcome) {
      if ('done' in outcome) times.set(webhookId, clock.now())
    },
    at: webhookId => times.peek(webhookId) ?? null,
  }
}
