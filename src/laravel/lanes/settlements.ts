import type { Logger } from 'pino'
import type { Clock } from '../../base/clock.ts'
import { pause } from '../../base/pause.ts'
import type { DeliveryOutcome, DeliveryRow, DeliveryTable } from '../../ports/delivery-table.ts'

/** In ms; all deliveries wait for the longest one. */
const SETTLE_AGAIN = { first: 500, longest: 10_000 }
/** Outcomes of empty lanes that may be on their way into the store at once: so many deliveries more a crash may repeat. */
const MOST_LATER = 64

/** Brings outcomes of deliveries into the store, again and again if it fails. */
export function createSettlements(options: {
  store: Pick<DeliveryTable, 'settle'>
  clock: Clock
  logger: Logger
  /** Nothing is tried again after this. */
  ended: AbortSignal
  /** Hears of what Laravel has taken, once that is durable. */
  onAccepted?: ((delivery: DeliveryRow) => void) | undefined
  /** Hears of each outcome, before it is durable. */
  onOutcome?: ((delivery: DeliveryRow, outcome: DeliveryOutcome) => void) | undefined
  /** The last outcome of an empty lane is stored, or is not tried any more. */
  onThrough?: ((lane: string) => void) | undefined
  /** Somebody wanted to look at a lane while its outcome was on its way. */
  onWanted: (lane: string) => void
}) {
  const { store, clock, logger, ended, onAccepted, onOutcome, onThrough, onWanted } = options
  /** By lane; and those lanes that somebody wanted to look at. */
  const later = new Map<string, Promise<void>>()
  const wanted = new Set<string>()
  /** Those that the store has refused once. */
  const refused = new Set<Promise<void>>()

  /** Resolves once the outcome is durable: a lost one would be a second delivery. */
  function settle(delivery: DeliveryRow, outcome: DeliveryOutcome, lazy = false): Promise<void> {
    if ('dead' in outcome)
      logger.warn({ ...named(delivery), error: outcome.error }, 'a delivery is a dead letter now')
    onOutcome?.(delivery, outcome)
    const settlement: Promise<void> = untilStored(delivery, outcome, lazy, () => refused.add(settlement))
    return settlement.finally(() => refused.delete(settlement))
  }

  async function untilStored(
    delivery: DeliveryRow,
    outcome: DeliveryOutcome,
    lazy: boolean,
    onRefused: () => void,
  ): Promise<void> {
    for (let wait = SETTLE_AGAIN.first; ; wait = Math.min(wait * 2, SETTLE_AGAIN.longest)) {
      try {
        await store.settle(delivery.id, outcome, lazy)
        break
      } catch (error) {
        if (ended.aborted) return
        onRefused()
        logger.error({ ...named(delivery), err: error }, 'the outcome of a delivery could not be stored')
        await pause(clock, wait, ended)
        if (ended.aborted) return
      }
    }
    if ('done' in outcome) tellAccepted(delivery)
  }

  function tellAccepted(delivery: DeliveryRow): void {
    try {
      onAccepted?.(delivery)
    } catch (error) {
      logger.error({ ...named(delivery), err: error }, 'what follows from a delivery failed')
    }
  }

  async function untilTaken(): Promise<void> {
    while (refused.size > 0 && !ended.aborted) await Promise.race(refused)
  }

  return {
    settle,

    /**
     * The same for a lane that has nothing else: it gives up its turn, and what comes next in it is stored behind the outcome. Resolves at
     * once, unless too many are on their way.
     */
    async settleLater(delivery: DeliveryRow, outcome: DeliveryOutcome): Promise<void> {
      if (later.size >= MOST_LATER) return settle(delivery, outcome)
      const { lane } = delivery
      const settlement = settle(delivery, outcome, true).finally(() => {
        later.delete(lane)
        onThrough?.(lane)
        if (wanted.delete(lane)) onWanted(lane)
      })
      later.set(lane, settlement)
    },

    /** Whether the last outcome of an empty lane is on its way: nobody is to look at it now. */
    isOnItsWay: (lane: string) => later.has(lane),

    /** The same; `onWanted` hears of the lane afterwards. */
    wantsLane(lane: string): boolean {
      if (!later.has(lane)) return false
      wanted.add(lane)
      return true
    },

    /** Null, or what resolves when the store has taken all that it refused: nothing may be delivered meanwhile. */
    stored(): Promise<void> | null {
      return refused.size > 0 ? untilTaken() : null
    },

    /** Resolves when nothing is on its way any more. */
    async idle(): Promise<void> {
      await Promise.all(later.values())
    },
  }
}

export type Settlements = ReturnType<typeof createSettlements>

/** How lines of the log name a delivery. */
const named = ({ sessionId, webhookId }: DeliveryRow) => ({ session_id: sessionId, webhook_id: webhookId })
