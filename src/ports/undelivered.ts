import type { DeliveryQuery, DeliveryRow } from './delivery-table.ts'
import { LARAVEL_CAUSES } from './laravel.ts'

/** Why Laravel has not taken something; `damaged`: its own row cannot be read. */
export const DELIVERY_CAUSES = [...LARAVEL_CAUSES, 'damaged'] as const
export type DeliveryCause = (typeof DELIVERY_CAUSES)[number]

/** A delivery as others see it. */
export interface ListedDelivery extends DeliveryRow {
  /** When it is tried next in milliseconds; null: when its turn comes, or never. */
  tryAt: number | null
  /** What its last error means; null: it has none, or nobody knows. */
  cause: DeliveryCause | null
}

/** How many wait, since when the oldest of them does (ms, null: none waits), and how many are dead. */
export interface DeliveryFigures {
  waiting: number
  dead: number
  oldestAt: number | null
}

/** What HTTP can ask of the deliveries that Laravel has not taken. */
export interface Undelivered {
  /**
   * Newest first. `count` is all that are in that state, of whatever session; `next` goes into `before`, and null means that there are no
   * more: a page may hold fewer than `limit`, or none, when many of other sessions stand between.
   */
  list(query: DeliveryQuery): Promise<{ count: number; rows: ListedDelivery[]; next: number | null }>
  /** Two walks over an index of what waits and of what is dead; nothing that was delivered is looked at. */
  figures(): Promise<DeliveryFigures>
  /** Rejects with DELIVERY_NOT_FOUND. */
  find(id: number): Promise<ListedDelivery>
  /** A dead one stands in line again, durably; one that waits is tried now, behind what waits before it. Rejects with DELIVERY_NOT_FOUND. */
  redrive(id: number): Promise<void>
  /** Tries now what waits for its next attempt, of all sessions or of one; resolves with the number of lanes. */
  retry(sessionId?: string): Promise<number>
}
