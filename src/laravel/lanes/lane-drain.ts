import type { Logger } from 'pino'
import type { Clock } from '../../base/clock.ts'
import type { LaneLeases } from '../../ports/cluster/lane-leases.ts'
import {
  DELIVERY_KINDS,
  type DeliveryKind,
  type DeliveryOutcome,
  type DeliveryRow,
  type DeliveryTable,
  type LaneHead,
} from '../../ports/delivery-table.ts'
import type { Attempt } from '../attempt.ts'
import type { Permit } from '../circuit/circuit-breaker.ts'
import type { Route } from '../circuit/route.ts'
import type { LaravelClient } from '../client.ts'
import { fileDueAt } from '../delivered-media.ts'
import { acceptedOutcome, dueAt, expiryOf, failedOutcome, waitingOutcome } from './delivery-outcome.ts'
import type { Settlements } from './settlements.ts'

/** Deliveries of one lane in a row, before other lanes get their turn. */
const TURN_LENGTH = 10
/** The sweep leaves a lane that could not be drained to the queue's own backoff, which is no longer than this. */
const REJECTED_WAIT = 60_000
/** A lane that another node drains is asked for again after this, in ms. */
const TAKEN_WAIT = 1_000
const UNREADABLE = 'the stored row cannot be read: it is damaged, or another version wrote it'

/**
 * Drains lanes, each strictly in order with one delivery in flight. The table is asked and answers later: what may have changed meanwhile
 * is asked again, and whoever wakes a lane that is being drained has it drained once more.
 */
export function createLaneDrain(options: {
  store: Pick<DeliveryTable, 'head' | 'hasNext'>
  laravel: Pick<LaravelClient, 'deliver'>
  clock: Clock
  logger: Logger
  routes: Record<DeliveryKind, Route>
  settlements: Settlements
  /** Present where several nodes drain the same lanes. */
  leases?: LaneLeases | undefined
  /** What Laravel gets in this attempt. */
  payloadOf: (delivery: DeliveryRow) => Promise<Record<string, unknown>>
  /** How long a delivery waits for its file, in ms. */
  filesWaitMs: number
  /** From then on nothing is begun. */
  stopping: AbortSignal
  /** From then on nothing is waited for. */
  ended: AbortSignal
}) {
  const { store, laravel, clock, logger, routes, settlements, leases, payloadOf, filesWaitMs } = options
  const { stopping, ended } = options
  const turns = new Map<string, Promise<number | null>>()
  /** Lanes whose last drain was rejected, and when the sweep may wake them. */
  const rejected = new Map<string, number>()
  const inFlight = new Set<Promise<Attempt>>()
  /** Lanes being drained in which something may be new. */
  const news = new Set<string>()

  async function drain(lane: string): Promise<number | null> {
    // A queue that loses a lock may call twice; a lane has one delivery in flight, always.
    if (turns.has(lane)) return clock.now() + 1_000
    if (settlements.wantsLane(lane)) return null
    const turn = leases === undefined ? takeTurn(lane) : takeLeasedTurn(lane, leases)
    turns.set(lane, turn)
    try {
      const next = await turn
      rejected.delete(lane)
      return next
    } catch (error) {
      // The store may be away by then.
      if (stopping.aborted) return null
      rejected.set(lane, clock.now() + REJECTED_WAIT)
      logger.error({ lane, err: error }, 'a lane could not be drained, trying again later')
      throw error
    } finally {
      turns.delete(lane)
      news.delete(lane)
    }
  }

  /** What came while another node has the lane is looked at as soon as that may be through. */
  async function takeLeasedTurn(lane: string, leases: LaneLeases): Promise<number | null> {
    const taken = await leases.take(lane)
    if (taken === null) return clock.now() + TAKEN_WAIT
    try {
      return await takeTurn(lane, taken.head)
    } finally {
      // An outcome that is on its way gives the lane back: until it is stored the delivery stands there.
      if (!settlements.isOnItsWay(lane)) leases.giveBack(lane)
    }
  }

  /** `seen`: what the lane had first, if nobody else can have delivered it since. */
  async function takeTurn(lane: string, seen?: LaneHead): Promise<number | null> {
    for (let count = 0; count < TURN_LENGTH; count++) {
      const stored = settlements.stored()
      if (stored !== null) await stored
      if (stopping.aborted) return null
      const known = count === 0 && stored === null ? seen : undefined
      const head = known === undefined ? await store.head(lane) : known.row
      if (stopping.aborted) return null
      // The store has refused an outcome meanwhile: nothing is delivered until it has taken that.
      if (settlements.stored() !== null) continue
      const now = clock.now()
      if (head?.unreadable) {
        await settlements.settle(head, { dead: true, at: now, error: UNREADABLE })
        continue
      }
      const due = head && Math.max(dueAt(head, now), fileDueAt(head, now, filesWaitMs))
      if (head === null || due === null || due > now) {
        for (const kind of DELIVERY_KINDS) routes[kind].held.release(lane)
        return due
      }
      const route = routes[head.kind]
      const permit = route.acquire(head)
      if (permit !== null) {
        route.held.release(lane)
        const outcome = await deliver(head, route, permit)
        if (outcome !== null && 'done' in outcome && (await isLast(head, known?.isLast))) {
          await settlements.settleLater(head, outcome)
          return null
        }
        if (outcome !== null) await settlements.settle(head, outcome)
      } else {
        const overdue = now >= expiryOf(head) && route.isLasting()
        if (!overdue) return route.held.hold(head)
        await settlements.settle(head, { dead: true, at: now, error: route.cause() })
      }
    }
    return clock.now()
  }

  /** One attempt; null if it was ended by `stop` and the row stays as it is. */
  async function deliver(
    delivery: DeliveryRow,
    route: Route,
    permit: Permit,
  ): Promise<DeliveryOutcome | null> {
    const { kind, webhookId } = delivery
    const request = payloadOf(delivery).then(payload => laravel.deliver(kind, webhookId, payload, ended))
    inFlight.add(request)
    try {
      return outcomeOf(delivery, route, permit, await request)
    } catch (error) {
      route.cancelled(permit)
      throw error
    } finally {
      inFlight.delete(request)
    }
  }

  function outcomeOf(
    delivery: DeliveryRow,
    route: Route,
    permit: Permit,
    attempt: Attempt,
  ): DeliveryOutcome | null {
    const now = clock.now()
    if (attempt.result === 'aborted') {
      route.cancelled(permit)
      return null
    }
    if (attempt.result === 'accepted') {
      route.accepted(permit, delivery)
      return acceptedOutcome(delivery, now)
    }
    const { scope, error, status, finding, retryAt } = attempt
    if (scope === 'message') {
      route.accepted(permit, delivery)
      return failedOutcome(delivery, now, { error, retryAt, countsTry: true })
    }
    const verdict = route.failed(permit, delivery, { error, status, finding, retryAt })
    if (verdict === 'own') return failedOutcome(delivery, now, { error, retryAt, countsTry: false })
    if (verdict === 'unknown') return waitingOutcome(now, { error, retryAt })
    return { retryAt: now, error, countsTry: false, countsAttempt: false }
  }

  /**
   * Whether its lane has nothing else, for all that is known: what comes while this is asked waits for the outcome to be stored. A session's
   * status says what Laravel knows, and does not wait. `seenLast`: it was when its lane was looked at.
   */
  async function isLast({ kind, lane, id }: DeliveryRow, seenLast = false): Promise<boolean> {
    if (kind === 'status') return false
    if (seenLast && !news.has(lane)) return true
    try {
      return !(await store.hasNext(lane, id))
    } catch {
      return false
    }
  }

  return {
    drain,
    isDraining: (lane: string) => turns.has(lane),
    /** Something was stored in a lane that is being drained. */
    hasNews: (lane: string) => void news.add(lane),
    /** Until when the sweep leaves a lane to the queue, in ms; 0: it need not. */
    restsUntil: (lane: string) => rejected.get(lane) ?? 0,
    /** Resolves when nothing that began is under way any more. */
    async idle(): Promise<void> {
      await Promise.allSettled(inFlight)
      await Promise.allSettled(turns.values())
    },
  }
}
