import type { Logger } from 'pino'
import type { Clock } from '../base/clock.ts'
import type { DeliveryTable, PendingLane } from '../ports/delivery-table.ts'

/** Lanes that are read at once: some 2 ms of the event loop. */
const PAGE = 200
/** Between two pages others have the event loop. */
const BETWEEN_PAGES = 20
/** From the beginning of a round to that of the next. */
const EVERY = 30_000

/**
 * Shows every lane that has something pending, again and again, a page at a time: however many there are, nobody waits for them all to be
 * read. A lane that begins to have something during a round is shown in the next one at the latest.
 */
export function createSweep(options: {
  store: Pick<DeliveryTable, 'lanes'>
  clock: Clock
  logger: Logger
  /** Called at the beginning of each round. */
  onRound: () => void
  onLane: (lane: PendingLane) => void
  /** Called once all lanes of a round have been shown. */
  onShown?: () => void
}) {
  const { store, clock, logger, onRound, onLane, onShown = () => {} } = options
  let timer: unknown = null
  let began = 0
  /** The last lane that this round has shown; null between rounds. */
  let after: string | null = null
  let again = false
  let stopped = false

  function round(): void {
    began = clock.now()
    after = ''
    again = false
    safely(onRound, {}, 'a round over the lanes with pending deliveries began without its probes')
    page()
  }

  /** One of them must not keep the others from being shown. */
  function safely(work: () => void, about: object, sentence: string): void {
    try {
      work()
    } catch (error) {
      logger.error({ ...about, err: error }, sentence)
    }
  }

  function page(): void {
    try {
      const lanes = store.lanes(after ?? '', PAGE)
      for (const lane of lanes)
        safely(
          () => onLane(lane),
          { lane: lane.lane },
          'a lane with pending deliveries could not be looked at',
        )
      after = lanes.length < PAGE ? null : lanes.at(-1)!.lane
      if (after === null)
        safely(onShown, {}, 'a round over the lanes with pending deliveries ended in a fault')
    } catch (error) {
      after = null
      logger.error({ err: error }, 'the lanes with pending deliveries could not be read')
    }
    if (after !== null) timer = clock.setTimeout(page, BETWEEN_PAGES)
    else
      timer = clock.setTimeout(
        round,
        again ? BETWEEN_PAGES : Math.max(began + EVERY - clock.now(), BETWEEN_PAGES),
      )
  }

  return {
    start: round,

    /** Shows all of them anew, without waiting for the time. */
    now(): void {
      again = true
      if (after !== null || stopped) return
      clock.clearTimeout(timer)
      timer = clock.setTimeout(round, 0)
    },

    stop(): void {
      stopped = true
      clock.clearTimeout(timer)
    },
  }
}
