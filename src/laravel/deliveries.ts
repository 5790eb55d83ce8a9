import type { Logger } from 'pino'
import { causedByNobody } from '../base/causes.ts'
import type { Clock } from '../base/clock.ts'
import { pause } from '../base/pause.ts'
import type { Problem } from '../base/problem.ts'
import {
  DELIVERY_KINDS,
  type DeliveryKind,
  type DeliveryOutcome,
  type DeliveryRow,
  type DeliveryTable,
  type PendingLane,
} from '../ports/delivery-table.ts'
import type { Queue } from '../ports/queue.ts'
import type { Attempt } from './attempt.ts'
import type { Permit } from './circuit/circuit-breaker.ts'
import { createLateLanes } from './circuit/late-lanes.ts'
import { type HeldRoute, outageReport } from './circuit/outage-report.ts'
import { createRoute, type Route } from './circuit/route.ts'
import { type LaravelClient, ROUTES } from './client.ts'
import { type DeliveredFiles, fileDueAt, payloadOf } from './delivered-media.ts'
import { type DeliveredPasskeys, withPasskey } from './delivered-passkey.ts'
import { type DeliveredSessions, NO_SESSIONS, withSession } from './delivered-session.ts'
import { acceptedOutcome, dueAt, expiryOf, failedOutcome, waitingOutcome } from './delivery-outcome.ts'
import { createSettlements } from './settlements.ts'
import { createSweep } from './sweep.ts'

/** Deliveries of one lane in a row, before other lanes get their turn. */
const TURN_LENGTH = 10
/** The sweep leaves a lane that could not be drained to the queue's own backoff, which is no longer than this. */
const REJECTED_WAIT = 60_000
const NO_PASSKEYS: DeliveredPasskeys = { read: () => null, timeOfDay: at => at }
const UNREADABLE = 'the stored row cannot be read: it is damaged, or another version wrote it'

/** Delivers what the deliveries table holds; waking a lane twice does no harm. */
export interface Deliveries {
  wake(lane: string): void
  /** Tries the routes that are held at once. */
  probe(): void
  /** When a route that is held is tried next; null: it is not held. */
  probesAt(kind: DeliveryKind): number | null
  /** Starts draining: wakes every lane with something pending. */
  start(): void
  /** Waits for attempts in flight, at most `ms`; what is pending stays in the table. */
  stop(ms: number): Promise<void>
  health(): { ok: boolean; problem: string | null }
  /** The routes that are held. */
  held(): HeldRoute[]
  /** What waits for over a minute though its route works, and how many lanes. */
  late(): { problem: Problem | null; lanes: number }
}

/**
 * Drains the lanes of the deliveries table into Laravel, each strictly in order with one delivery in flight.
 * The queue only says when to look; what is true stands in the table, so a lost wake is made good by a sweep.
 * A failure holds its own lane; a whole route is held when what its lanes are answered says that it is the route which fails.
 */
export function createDeliveries(options: {
  store: DeliveryTable
  queue: Queue
  laravel: LaravelClient
  clock: Clock
  logger: Logger
  /** Hears of what Laravel has taken, once that is durable. */
  onAccepted?: (delivery: DeliveryRow) => void
  /** Hears of each outcome, before it is durable. */
  onOutcome?: (delivery: DeliveryRow, outcome: DeliveryOutcome) => void
  /** Where each kind goes, for the operator; as client.ts has it if not given. */
  routes?: typeof ROUTES
  /** Without it nothing waits for a file, and Laravel gets no link to one. */
  files?: DeliveredFiles
  /** Without it no code of a passkey is told. */
  passkeys?: DeliveredPasskeys
  /** Without it no message says whose it is. */
  sessions?: DeliveredSessions
}): Deliveries {
  const {
    store,
    queue,
    laravel,
    clock,
    logger,
    onAccepted,
    onOutcome,
    files,
    passkeys = NO_PASSKEYS,
    sessions = NO_SESSIONS,
  } = options
  const { address } = laravel
  const shared = { queue, clock, logger, address, onReleased: () => sweep.now() }
  const routes = Object.fromEntries(
    DELIVERY_KINDS.map(kind => [kind, createRoute((options.routes ?? ROUTES)[kind], shared)]),
  ) as Record<DeliveryKind, Route>
  const isHeld = (lane: string) => DELIVERY_KINDS.some(kind => routes[kind].held.has(lane))
  const draining = new Set<string>()
  /** Lanes whose last drain was rejected, and when the sweep may wake them. */
  const rejected = new Map<string, number>()
  const inFlight = new Set<Promise<Attempt>>()
  const ended = new AbortController()
  let stopping = false
  const settlements = createSettlements({
    ...{ store, clock, logger, onAccepted, onOutcome },
    ended: ended.signal,
    onWanted(lane) {
      if (!stopping) queue.wake(lane)
    },
  })

  const late = createLateLanes({
    ...{ store, logger, now: clock.now, filesWaitMs: files?.waitMs ?? 0 },
    pathOf: kind => routes[kind].path,
  })
  const sweep = createSweep({
    ...{ store, clock, logger },
    onRound() {
      for (const route of Object.values(routes)) route.held.scheduleProbe()
    },
    onLane: lookAt,
    onShown: late.end,
  })

  async function drain(lane: string): Promise<number | null> {
    // A queue that loses a lock may call twice; a lane has one delivery in flight, always.
    if (draining.has(lane)) return clock.now() + 1_000
    if (settlements.wantsLane(lane)) return null
    draining.add(lane)
    try {
      const next = await takeTurn(lane)
      rejected.delete(lane)
      return next
    } catch (error) {
      rejected.set(lane, clock.now() + REJECTED_WAIT)
      logger.error({ lane, err: error }, 'a lane could not be drained, trying again later')
      throw error
    } finally {
      draining.delete(lane)
    }
  }

  async function takeTurn(lane: string): Promise<number | null> {
    for (let count = 0; count < TURN_LENGTH; count++) {
      const stored = settlements.stored()
      if (stored !== null) await stored
      if (stopping) return null
      const head = store.head(lane)
      const now = clock.now()
      if (head?.unreadable) {
        await settlements.settle(head, { dead: true, at: now, error: UNREADABLE })
        continue
      }
      const due = head && Math.max(dueAt(head, now), fileDueAt(head, now, files?.waitMs ?? 0))
      if (head === null || due === null || due > now) {
        for (const kind of DELIVERY_KINDS) routes[kind].held.release(lane)
        return due
      }
      const route = routes[head.kind]
      const permit = route.acquire(head)
      if (permit !== null) {
        route.held.release(lane)
        const outcome = await deliver(head, route, permit)
        if (outcome !== null && 'done' in outcome && isLast(head)) {
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
    const request = payloadOf(delivery, files).then(payload =>
      laravel.deliver(
        delivery.kind,
        delivery.webhookId,
        withPasskey(delivery, withSession(delivery, payload, sessions), passkeys),
        ended.signal,
      ),
    )
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

  /** Whether its lane has nothing else, for all that is known. A session's status says what Laravel knows, and does not wait. */
  function isLast({ kind, lane, id }: DeliveryRow): boolean {
    try {
      return kind !== 'status' && !store.hasNext(lane, id)
    } catch {
      return false
    }
  }

  /** Wakes again what the queue may have lost, at the time that is meant: to a queue that lost nothing it is no news. */
  function lookAt(pending: PendingLane): void {
    const { lane, kind } = pending
    if ((routes[kind] as Route | undefined)?.isOpen() === false) late.look(pending)
    if (draining.has(lane) || settlements.isOnItsWay(lane)) return
    const now = clock.now()
    const due = dueAt(pending, now)
    const route = routes[kind] as Route | undefined
    // What nobody can deliver dies in its turn.
    const mayDie = route === undefined || (route.isLasting() && now >= expiryOf(pending))
    if (mayDie || !route.isOpen() || due > now) queue.wake(lane, Math.max(due, rejected.get(lane) ?? 0))
    else if (!route.held.has(lane)) route.held.hold(pending)
  }

  const heldRoutes = () =>
    DELIVERY_KINDS.flatMap(kind => {
      const { path, outage } = routes[kind]
      const current = outage()
      return current === null ? [] : [{ path, outage: current }]
    })

  return {
    wake(lane) {
      // A held lane will be woken with all the others.
      if (address !== null && !stopping && !isHeld(lane)) queue.wake(lane)
    },

    probe() {
      for (const route of Object.values(routes)) route.probe()
    },

    probesAt: kind => (routes[kind] as Route | undefined)?.probesAt() ?? null,

    start() {
      if (address === null) return
      // Whose message woke it is no cause: lanes wait for each other.
      queue.start(lane => causedByNobody(() => drain(lane)))
      sweep.start()
    },

    async stop(ms) {
      const deadline = clock.now() + ms
      stopping = true
      sweep.stop()
      await queue.stop(ms)
      ended.abort()
      await Promise.allSettled(inFlight)
      const waited = new AbortController()
      await Promise.race([
        settlements.idle(),
        pause(clock, Math.max(0, deadline - clock.now()), waited.signal),
      ])
      waited.abort()
    },

    health() {
      const reached = laravel.health()
      const held = heldRoutes()
      if (!reached.ok || held.length === 0) return reached
      return { ok: false, problem: outageReport(address, held, store.counts().pending) }
    },

    held: heldRoutes,
    late: late.state,
  }
}
