import type { Logger } from 'pino'
import type { Said } from '../../base/problem.ts'
import type { DeliveryTable, PendingLane } from '../../ports/delivery-table.ts'
import { failureFinding, minuteOf } from '../answers/finding.ts'

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

  function lastErrorIn(lane: string): string | null {
    try {
      return store.head(lane)?.lastError ?? null
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

  const lanes = {
    /** A lane with something pending, whose route works. */
    look(pending: PendingLane): void {
      const patience = pending.attempts > 0 ? LATE_MS : LATE_MS + filesWaitMs
      if (now() - pending.at < patience) return
      round.lanes++
      if (round.oldest === null || pending.at < round.oldest.at) round.oldest = pending
    },

    /** All lanes have been shown. */
    end(): void {
      const { lanes, oldest } = round
      begin()
      late = oldest && { lanes, since: oldest.at, kind: oldest.kind, error: lastErrorIn(oldest.lane) }
      tell()
    },

    /** For the operator; null while nothing is late. */
    problem(): string | null {
      if (late === null) return null
      const { lanes, since, kind, error } = late
      const who = lanes === 1 ? '1 chat or session waits' : `${lanes} chats or sessions wait`
      const why = error === null ? 'its turn has not come yet' : whyOf(error)
      return `${who} for Laravel for over a minute, the longest since ${minuteOf(since)} on ${pathOf(kind)}: ${why}. GET /deliveries?state=waiting lists what waits, POST /deliveries/retry tries it now.`
    },

    /** The same for who says it in another language. */
    said(): Said[] | undefined {
      if (late === null) return undefined
      const { lanes, since, kind, error } = late
      const values = {
        count: lanes,
        since: new Date(since).toISOString(),
        route: pathOf(kind),
        why: error ?? '…',
      }
      return [{ says: 'late', values }]
    },
  }
  return {
    look: lanes.look,
    end: lanes.end,
    state: () => ({ problem: lanes.problem(), lanes: late?.lanes ?? 0, said: lanes.said() }),
  }
}

/** `HTTP 500`, or the system's code: what is stored of a failure. */
function whyOf(error: string): string {
  const status = /^HTTP (\d{3})$/.exec(error)?.[1]
  const { what, mend } = failureFinding(status === undefined ? null : Number(status), error)
  return `Laravel ${what}; ${mend}`
}
