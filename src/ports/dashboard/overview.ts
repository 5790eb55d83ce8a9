import type { SessionView } from '../session-queries.ts'

/** At most so many waiting ones are counted of a session; a page says "1000 or more" then. */
export const MOST_COUNTED = 1000

/** A session as a list of all of them shows it. */
export interface SessionOverview extends SessionView {
  /** When it came into its state, in ms since the epoch. */
  since: number
  /** A pairing code is wanted in place of a QR. */
  byCode: boolean
  /** Deliveries that Laravel has yet to take, and sends that WhatsApp has yet to take; each at most MOST_COUNTED. */
  waiting: { deliveries: number; sends: number }
}

/** All sessions at a glance; every read is bounded by the number of sessions asked for. */
export interface Overview {
  /** In the order of their ids, after the id `after`; `next` begins the next page, null: there is none. */
  page(
    after: string,
    limit: number,
  ): Promise<{ count: number; sessions: SessionOverview[]; next: string | null }>
  /** Those of the given ids that there are. */
  of(sessionIds: readonly string[]): Promise<SessionOverview[]>
}
