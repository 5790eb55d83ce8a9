import type { Logger } from 'pino'
import type { Clock } from '../../base/clock.ts'
import type { DeliveryTable, PendingLane } from '../../ports/delivery-table.ts'

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
  /** Called once all lanes of a round have been shown; the next round waits for it. */
  onShown?: () => void | Promise<void>
}) {
  const { store, clock, logger, onRound, onLane, onShown = () => {} } = options
  let timer: unknown = null
  /** The page that is being read and shown. */
  let reading: Promise<void> = Promise.resolve()
  let began = 0
  /** A round has begun, and its end is not there yet. */
  let inRound = false
  /** The last lane that this round has shown. */
  let after = ''
  let again = false
  let stopped = false

  function arm(read: () => Promise<void>, ms: number): void {
    timer = clock.setTimeout(() => {
      reading = read()
    }, ms)
  }

  async function round(): Promise<void> {
    began = clock.now()
    inRound = true
    after = ''
    again = false
    safely(onRound, {}, 'a round over the lanes with pending deliveries began without its probes')
    await page()
  }

  /** One of them must not keep the others from being shown. */
  function safely(work: () => void, about: object, sentence: string): void {
    try {
      work()
    } catch (error) {
      logger.error({ ...about, err: error }, sentence)
    }
  }

  async function page(): Promise<void> {
    const lanes = await read()
    if (stopped) return
    for (const lane of lanes)
      safely(() => onLane(lane), { lane: lane.lane }, 'a lane with pending deliveries could not be looked at')
    if (lanes.length === PAGE) {
      after = lanes.at(-1)!.lane
      arm(page, BETWEEN_PAGES)
    } else await end()
  }

  /** None if they cannot be read: the next round tries again. */
  async function read(): Promise<PendingLane[]> {
    try {
      return await store.lanes(after, PAGE)
    } catch (error) {
      if (!stopped) logger.error({ err: error }, 'the lanes with pending deliveries could not be read')
      return []
    }
  }

  async function end(): Promise<void> {
    try {
      await onShown()
    } catch (error) {
      logger.error({ err: error }, 'a round over the lanes with pending deliveries ended in a fault')
    }
    inRound = false
    if (!stopped) arm(round, again ? BETWEEN_PAGES : Math.max(began + EVERY - clock.now(), BETWEEN_PAGES))
  }

  return {
    start(): void {
      reading = round()
    },

    /** Shows all of them anew, without waiting for the time. */
    now(): void {
      again = true
      if (inRound || stopped) return
      clock.clearTimeout(timer)
      arm(round, 0)
    },

    /** Resolves when nothing is being read any more. */
    async stop(): Promise<void> {
      stopped = true
      clock.clearTimeout(timer)
      await reading
    },
  }
}
