import type { Logger } from 'pino'
import type { Problem, Said } from '../../base/problem.ts'
import type { DeliveryTable, PendingLane } from '../../ports/delivery-table.ts'
import { minuteOf, storedFinding } from '../answers/finding.ts'

/** What has waited for longer is told. */
const LATE_MS = 60_000

interface Late {
  lanes: number
  /** Of the one that has waited longest. */
  since: number
  kind: PendingLane['kind']
  error: string | null
}

/**
 * Chats and sessions whose oldest delivery waits for over a minute though its route works: no circuit tells of them. Counted in the rounds
 * of the sweep, which shows every lane anyway; one line in the log when it begins, when its cause is another, and when it ends.
 */
export function createLateLanes(options: {
  store: Pick<DeliveryTable, 'head'>
  now: () => number
  logger: Logger
  /** How long a message may wait for its file, in ms. */
  filesWaitMs: number
  pathOf: (kind: PendingLane['kind']) => string
}) {
  const { store, now, logger, filesWaitMs, pathOf } = options
  let round: { lanes: number; oldest: PendingLane | null } = { lanes: 0, oldest: null }
  let late: Late | null = null
  let told: string | null = null

  function begin(): void {
    round = { lanes: 0, oldest: null }
  }

  async function lastErrorIn(lane: string): Promise<string | null> {
    try {
      return (await store.head(lane))?.lastError ?? null
    } catch {
      // Whoever drains the lane tells of that.
      return null
    }
  }

  function tell(): void {
    const cause = late && `${late.kind} ${late.error}`
    if (cause === told) return
    told = cause
    if (late === null) logger.info('nothing waits for laravel for over a minute any more')
    else
      logger.warn(
        { lanes: late.lanes, route: pathOf(late.kind), error: late.error ?? undefined },
        'deliveries have waited for laravel for over a minute',
      )
  }

  return {
    /** A lane with something pending, whose route works. */
    look(pending: PendingLane): void {
      const patience = pending.attempts > 0 ? LATE_MS : LATE_MS + filesWaitMs
      if (now() - pending.at < patience) return
      round.lanes++
      if (round.oldest === null || pending.at < round.oldest.at) round.oldest = pending
    },

    /** All lanes have been shown. */
    async end(): Promise<void> {
      const { lanes, oldest } = round
      begin()
      late = oldest && { lanes, since: oldest.at, kind: oldest.kind, error: await lastErrorIn(oldest.lane) }
      tell()
    },

    /** For the operator, and how many lanes; null while nothing is late. */
    state: (): { problem: Problem | null; lanes: number } => ({
      problem: late && problemOf(late, pathOf(late.kind)),
      lanes: late?.lanes ?? 0,
    }),
  }
}

function problemOf({ lanes, since, error }: Late, route: string): Problem {
  const who = lanes === 1 ? '1 chat or session waits' : `${lanes} chats or sessions wait`
  const finding = error === null ? null : storedFinding(error, true)
  const why = finding === null ? 'its turn has not come yet' : `Laravel ${finding.what}; ${finding.mend}`
  const values = { count: lanes, since: new Date(since).toISOString(), route }
  const said: Said =
    finding === null
      ? { says: 'late_in_turn', values }
      : { says: 'late', values: { ...values, cause: finding.cause } }
  return {
    code: 'DELIVERIES_WAIT',
    message: `${who} for Laravel for over a minute, the longest since ${minuteOf(since)} on ${route}: ${why}. GET /deliveries?state=waiting lists what waits, POST /deliveries/retry tries it now.`,
    said: [said],
  }
}
