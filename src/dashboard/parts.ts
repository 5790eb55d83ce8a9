import type { Overview } from '../ports/dashboard/overview.ts'
import type { DeliveryTable } from '../ports/delivery-table.ts'
import type { CommittedFacts } from '../ports/event-log.ts'

/** What the pages are drawn from. */
export interface DashboardParts {
  overview: Overview
  facts: Pick<CommittedFacts, 'follow'>
  deliveries: Pick<DeliveryTable, 'find' | 'counts'>
  now(): number
}
