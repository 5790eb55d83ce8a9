import type { Readiness } from '../base/problem.ts'
import type { History } from '../ports/dashboard/history.ts'
import type { Overview } from '../ports/dashboard/overview.ts'
import type { DeliveryTable } from '../ports/delivery-table.ts'
import type { CommittedFacts } from '../ports/event-log.ts'
import type { MediaServer } from '../ports/media/media-server.ts'

/** What the pages are drawn from. */
export interface DashboardParts {
  overview: Overview
  history: History
  files: Pick<MediaServer, 'has' | 'thumbnailQuery' | 'thumbnail'>
  facts: Pick<CommittedFacts, 'catchUp' | 'follow'>
  deliveries: Pick<DeliveryTable, 'counts'>
  ready(): Promise<Readiness>
  now(): number
}
