import type { Logger } from 'pino'
import type { Clock } from '../base/clock.ts'
import { pause } from '../base/pause.ts'
import type { DeliveryOutcome, DeliveryRow, DeliveryStore } from '../ports/delivery-table.ts'
import type { Deliveries } from '../ports/laravel.ts'
import type { Queue } from '../ports/queue.ts'
import { createEndpoint, type Ticket } from './circuit-breaker.ts'
import type { Attempt, LaravelClient } from './client.ts'
import { type DeliveredFiles, fileDueAt, payloadOf } from './delivered-media.ts'
import { accepted, dueAt, expiryOf, heldAlone } from './delivery-outcome.ts'
import { adviceFor } from './faults.ts'
import { createWaitingRoom } from './held-lanes.ts'

/** Deliveries of one lane in a row, before other lanes get their turn. */
const TURN = 10
const SWEEP_EVERY = 30_000
/** A lane that could not be drained is left to the queue's own patience, which is no longer than this. */
const REST = 60_000
const SETTLE_AGAIN = { first: 500, longest: 60_000 }

/**
 * Drains the lanes of the deliveries table into Laravel, each strictly in order with one delivery in flight.
 * The queue only says when to look; what is true stands in the table, so a lost wake is made good by a sweep.
 * Who waits after a failure is told by the fault: the content, the lane, or the whole endpoint.
 */
export function createDeliveries(options: {
  store: DeliveryStore
  queue: Queue
  laravel: LaravelClient
  clock: Clock
  logger: Logger
  /** Hears of what Laravel has taken, once that is durable. */
  onAccepted?: (delivery: DeliveryRow) => void
  /** Without it nothing waits for a file, and Laravel gets no link to one. */
  files?: DeliveredFiles
}): Deliveries {
  const { store, queue, laravel, clock, logger, onAccepted, files } = options
  const endpoint = createEndpoint(clock)
  const waiting = createWaitingRoom({ endpoint, queue, clock })
  const draining = new Set<string>()
  /** Lanes whose last drain was rejected, and when the sweep may wake them. */
  const resting = new Map<string, number>()
  const inFlight = new Set<Promise<Attempt>>()
  const ended = new AbortController()
  let stopping = false
  let sweepTimer: unknown = null

  async function drain(lane: string): Promise<number | null> {
    // A queue that loses a lock may call twice; a lane has one delivery in flight, always.
    if (draining.has(lane)) return clock.now() + 1_000
    draining.add(lane)
    try {
      const next = await takeTurn(lane)
      resting.delete(lane)
      return next
    } catch (error) {
      resting.set(lane, clock.now() + REST)
      logger.error({ lane, err: error }, 'a lane could not be drained, trying again later')
      throw error
    } finally {
      draining.delete(lane)
    }
  }

  async function takeTurn(lane: string): Promise<number | null> {
    for (let count = 0; count < TURN; count++) {
      if (stopping) return null
      const head = store.head(lane)
      const now = clock.now()
      const due = head && Math.max(dueAt(head, now), fileDueAt(head, now, files?.waitMs ?? 0))
      if (head === null || due === null || due > now) {
        waiting.leave(lane)
        return due
      }
      const ticket = endpoint.enter()
      if (ticket !== null) {
        waiting.leave(lane)
        const outcome = await deliver(head, ticket)
        if (outcome !== null) await settle(head, outcome)
      } else {
        const overdue = clock.now() >= expiryOf(head) && endpoint.lasting()
        if (!overdue) return waiting.wait(lane, expiryOf(head))
        await settle(head, { dead: true, at: clock.now(), error: endpoint.held()?.failure.error ?? 'held' })
      }
    }
    return clock.now()
  }

  /** One attempt; null if it was ended by `stop` and the row stays as it is. */
  async function deliver(delivery: DeliveryRow, ticket: Ticket): Promise<DeliveryOutcome | null> {
    const request = payloadOf(delivery, files).then(payload =>
      laravel.deliver(delivery.kind, delivery.webhookId, payload, ended.signal),
    )
    inFlight.add(request)
    try {
      return judge(delivery, ticket, await request)
    } catch (error) {
      endpoint.release(ticket)
      waiting.arm()
      throw error
    } finally {
      inFlight.delete(request)
    }
  }

  function judge(delivery: DeliveryRow, ticket: Ticket, attempt: Attempt): DeliveryOutcome | null {
    const now = clock.now()
    if (attempt.result === 'aborted') {
      endpoint.release(ticket)
      return null
    }
    if (attempt.result === 'accepted') {
      reopen(ticket)
      return accepted(delivery, now)
    }
    const { fault, error, status, retryAt } = attempt
    if (fault === 'message' || fault === 'lane') {
      reopen(ticket)
      return heldAlone(delivery, now, { error, retryAt, countsTry: fault === 'message' })
    }
    const failedBefore = delivery.attempts > 0 && endpoint.proven()
    if (fault === 'unclear' && failedBefore)
      return heldAlone(delivery, now, { error, retryAt, countsTry: false })
    if (endpoint.failed(ticket, { error, status, retryAt }))
      logger.warn({ address: laravel.address, error }, 'laravel takes no deliveries, all are held')
    waiting.arm()
    return { retryAt: now, error, countsTry: false, countsAttempt: !ticket.probe }
  }

  function reopen(ticket: Ticket): void {
    if (!endpoint.answered(ticket)) return
    logger.info({ address: laravel.address }, 'laravel takes deliveries again')
    waiting.wakeAll()
  }

  /** Holds the lane until the outcome is durable: a lost one would be a second delivery. */
  async function settle(delivery: DeliveryRow, outcome: DeliveryOutcome): Promise<void> {
    if ('dead' in outcome)
      logger.warn({ webhookId: delivery.webhookId, error: outcome.error }, 'a delivery is a dead letter now')
    for (let wait = SETTLE_AGAIN.first; ; wait = Math.min(wait * 2, SETTLE_AGAIN.longest)) {
      try {
        await store.settle(delivery.id, outcome)
        if ('done' in outcome) onAccepted?.(delivery)
        return
      } catch (error) {
        if (ended.signal.aborted) return
        logger.error(
          { webhookId: delivery.webhookId, err: error },
          'the outcome of a delivery could not be stored',
        )
        await pause(clock, wait, ended.signal)
        if (ended.signal.aborted) return
      }
    }
  }

  /** Wakes again what the queue may have lost, at the times that are meant: to a queue that lost nothing it is no news. */
  function sweep(): void {
    sweepTimer = clock.setTimeout(sweep, SWEEP_EVERY)
    try {
      waiting.rewake()
      for (const { lane, nextAt } of store.lanes())
        if (!waiting.has(lane) && !draining.has(lane))
          queue.wake(lane, Math.max(dueAt({ nextAt }, clock.now()), resting.get(lane) ?? 0))
    } catch (error) {
      logger.error({ err: error }, 'the lanes with pending deliveries could not be read')
    }
  }

  return {
    wake(lane) {
      // A waiting lane will be woken with all the others.
      if (laravel.address !== null && !stopping && !waiting.has(lane)) queue.wake(lane)
    },

    start() {
      if (laravel.address === null) return
      queue.start(drain)
      sweep()
    },

    async stop(ms) {
      stopping = true
      clock.clearTimeout(sweepTimer)
      await queue.stop(ms)
      ended.abort()
      await Promise.allSettled(inFlight)
    },

    health() {
      const address = laravel.health()
      const held = endpoint.held()
      if (!address.ok || held === null) return address
      const { error, status } = held.failure
      const what = status === null ? `has not answered (${error})` : `has answered ${status}`
      const since = `${new Date(held.since).toISOString().slice(0, 16).replace('T', ' ')} UTC`
      const { pending } = store.counts()
      const count = `${pending} ${pending === 1 ? 'delivery' : 'deliveries'} waiting`
      const advice = status === null ? '' : adviceFor(status)
      return {
        ok: false,
        problem: `Laravel at ${laravel.address} ${what} since ${since} (${count})${advice}`,
      }
    },
  }
}
