import type { DeliveryRow } from './delivery-table.ts'

/** What HTTP can ask of the deliveries that Laravel did not take. */
export interface DeadLetters {
  /** Newest first; `before` is an exclusive delivery id. `count` is all there are. */
  list(limit: number, before?: number): { count: number; rows: DeliveryRow[] }
  /** Makes it pending again, durably; nothing changes if it never died. Rejects with DELIVERY_NOT_FOUND. */
  redrive(id: number): Promise<void>
}
