import type { Clock } from '../base/clock.ts'
import { GatewayError } from '../base/errors.ts'
import type { DeadLetters } from '../ports/dead-letters.ts'
import type { DeliveryTable } from '../ports/delivery-table.ts'
import type { Deliveries } from './deliveries.ts'

/** Deliveries that nobody took: listed, and sent again on request under the ids that they had. */
export function createDeadLetters(
  store: DeliveryTable,
  deliveries: Pick<Deliveries, 'wake'>,
  clock: Clock,
): DeadLetters {
  return {
    list: (limit, before) => ({ count: store.counts().dead, rows: store.dead(limit, before) }),
    async redrive(id) {
      const row = store.find(id)
      if (row === null)
        throw new GatewayError('DELIVERY_NOT_FOUND', 'No delivery has that id; what was delivered is gone.')
      await store.settle(id, { redriven: true, at: clock.now() })
      deliveries.wake(row.lane)
    },
  }
}
