import type { Logger } from 'pino'
import { causedByNobody } from '../base/causes.ts'
import type { Clock } from '../base/clock.ts'
import { pause, within } from '../base/pause.ts'
import type { Problem } from '../base/problem.ts'
import type { LaneLeases } from '../ports/cluster/lane-leases.ts'
import {
  DELIVERY_KINDS,
  type DeliveryKind,
  type DeliveryOutcome,
  type DeliveryRow,
  type DeliveryTable,
  type PendingLane,
} from '../ports/delivery-table.ts'
import type { Queue } from '../ports/queue.ts'
import { createLateLanes } from './circuit/late-lanes.ts'
import { type HeldRoute, outageReport } from './circuit/outage-report.ts'
import { createRoute, type Route } from './circuit/route.ts'
import { type LaravelClient, ROUTES } from './client.ts'
import { type DeliveredFiles, payloadOf } from './delivered-media.ts'
import { type DeliveredPasskeys, withPasskey } from './delivered-passkey.ts'
import { type DeliveredSessions, NO_SESSIONS, withSession } from './delivered-session.ts'
import { dueAt, expiryOf } from './lanes/delivery-outcome.ts'
import { createLaneDrain } from './lanes/lane-drain.ts'
import { createSettlements } from './lanes/settlements.ts'
import { createSweep } from './lanes/sweep.ts'

/** What was delivered at the very end of `stop` is waited for at least so long, in ms, until it is stored: a lost outcome is a second delivery. */
const LAST_OUTCOMES = 500
/** Whoever asks how things stand waits no longer than so many ms for a store that says nothing. */
const COUNTED_WITHIN = 1_000
const NO_PASSKEYS: DeliveredPasskeys = { read: () => null, timeOfDay: at => at }

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
  /** How many deliveries wait, for `health`: asked only while a route is held, and left out if the store cannot say it. */
  waiting(): Promise<number | undefined>
  /** How Laravel takes what is delivered. */
  health(waiting?: number): { ok: boolean; problem: string | null }
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
  /** Present where several nodes drain the same lanes. */
  leases?: LaneLeases | undefined
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
    leases,
  } = options
  const { address } = laravel
  const shared = { queue, clock, logger, address, onReleased: () => sweep.now() }
  const routes = Object.fromEntries(
    DELIVERY_KINDS.map(kind => [kind, createRoute((options.routes ?? ROUTES)[kind], shared)]),
  ) as Record<DeliveryKind, Route>
  const isHeld = (lane: string) => DELIVERY_KINDS.some(kind => routes[kind].held.has(lane))
  const filesWaitMs = files?.waitMs ?? 0
  const stopping = new AbortController()
  const ended = new AbortController()
  const settlements = createSettlements({
    ...{ store, clock, logger, onAccepted, onOutcome },
    ended: ended.signal,
    onThrough: lane => leases?.giveBack(lane),
    onWanted(lane) {
      if (!stopping.signal.aborted) queue.wake(lane)
    },
  })
  const lanes = createLaneDrain({
    ...{ store, laravel, clock, logger, routes, settlements, leases, filesWaitMs },
    async payloadOf(delivery) {
      const payload = await payloadOf(delivery, files)
      return withPasskey(delivery, await withSession(delivery, payload, sessions), passkeys)
    },
    stopping: stopping.signal,
    ended: ended.signal,
  })
  const late = createLateLanes({
    ...{ store, logger, now: clock.now, filesWaitMs },
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

  /**
   * Wakes again what the queue may have lost, at the time that is meant: to a queue that lost nothing it is no news. What the table said of
   * it may be old by now: a lane that has nothing any more is drained in vain.
   */
  function lookAt(pending: PendingLane): void {
    const { lane, kind } = pending
    if ((routes[kind] as Route | undefined)?.isOpen() === false) late.look(pending)
    if (lanes.isDraining(lane) || settlements.isOnItsWay(lane)) return
    const now = clock.now()
    const due = dueAt(pending, now)
    const route = routes[kind] as Route | undefined
    // What nobody can deliver dies in its turn.
    const mayDie = route === undefined || (route.isLasting() && now >= expiryOf(pending))
    if (mayDie || !route.isOpen() || due > now) queue.wake(lane, Math.max(due, lanes.restsUntil(lane)))
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
      if (address === null || stopping.signal.aborted) return
      // A held lane will be woken with all the others; one that is being drained may have been read before what it is woken for.
      const isDraining = lanes.isDraining(lane)
      if (isDraining) lanes.hasNews(lane)
      if (!isHeld(lane) || isDraining) queue.wake(lane)
    },

    probe() {
      for (const route of Object.values(routes)) route.probe()
    },

    probesAt: kind => (routes[kind] as Route | undefined)?.probesAt() ?? null,

    start() {
      if (address === null) return
      // Whose message woke it is no cause: lanes wait for each other.
      queue.start(lane => causedByNobody(() => lanes.drain(lane)))
      sweep.start()
    },

    async stop(ms) {
      const deadline = clock.now() + ms
      stopping.abort()
      const swept = sweep.stop()
      await queue.stop(ms)
      ended.abort()
      const over = Promise.all([swept, lanes.idle()]).then(() => settlements.idle())
      const waited = new AbortController()
      await Promise.race([over, pause(clock, Math.max(LAST_OUTCOMES, deadline - clock.now()), waited.signal)])
      waited.abort()
      await leases?.flush()
    },

    async waiting() {
      if (heldRoutes().length === 0) return undefined
      return (await within(clock, COUNTED_WITHIN, store.counts()))?.pending
    },

    health(waiting) {
      const reached = laravel.health()
      const held = heldRoutes()
      if (!reached.ok || held.length === 0) return reached
      return { ok: false, problem: outageReport(address, held, waiting) }
    },

    held: heldRoutes,
    late: late.state,
  }
}
