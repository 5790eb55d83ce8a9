import { pino } from 'pino'
import type { Clock } from '../../src/base/clock.ts'
import type { Attempt } from '../../src/laravel/attempt.ts'
import type { LaravelClient } from '../../src/laravel/client.ts'
import type { DeliveredFiles } from '../../src/laravel/delivered-media.ts'
import { createDeliveries } from '../../src/laravel/deliveries.ts'
import { failureScopeOf } from '../../src/laravel/failure-scope.ts'
import type { LaneLeases } from '../../src/ports/cluster/lane-leases.ts'
import { type DeliveryKind, kindOfLane } from '../../src/ports/delivery-table.ts'
import type { Queue } from '../../src/ports/queue.ts'
import { createInProcessQueue } from '../../src/queue/in-process.ts'
import { createTestClock } from '../base/clock.ts'
import { createMemoryDeliveries } from './memory-deliveries.ts'

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE

export const ok: Attempt = { result: 'accepted' }

/** The attempt that an HTTP answer makes. */
export function answered(status: number, retryAt: number | null = null): Attempt {
  return { result: 'failed', scope: failureScopeOf(status), error: `HTTP ${status}`, status, retryAt }
}

export function unanswered(error: string): Attempt {
  return { result: 'failed', scope: 'unclear', error, status: null, retryAt: null }
}

export interface Call {
  webhookId: string
  kind: DeliveryKind
  lane: string
  payload: Record<string, unknown>
  /** Since the start of the test. */
  at: number
}

/** Lanes in process, until it is told to lose them all; drains that run go on. */
function createForgetfulQueue(clock: Clock, concurrency: number): Queue & { forget(): void } {
  let drain: ((lane: string) => Promise<number | null>) | null = null
  let queue = createInProcessQueue({ clock, concurrency, groupOf: kindOfLane })
  return {
    start(given) {
      drain = given
      queue.start(given)
    },
    wake: (lane, at) => queue.wake(lane, at),
    stop: ms => queue.stop(ms),
    problem: () => null,
    forget() {
      void queue.stop(0)
      queue = createInProcessQueue({ clock, concurrency, groupOf: kindOfLane })
      if (drain !== null) queue.start(drain)
    },
  }
}

/** Deliveries over a table in memory, a simulated clock and a Laravel that does what the test says. */
export function createHarness(
  options: {
    address?: string | null
    concurrency?: number
    files?: DeliveredFiles
    waits?: number[]
    /** Lanes are leased, and what each has first is looked up along. */
    leased?: boolean
  } = {},
) {
  const clock = createTestClock()
  const start = clock.now()
  const table = createMemoryDeliveries(options.waits)
  const logs: string[] = []
  const logger = pino({ level: 'trace' }, { write: (line: string) => logs.push(line) })
  const calls: Call[] = []
  let inFlight = 0
  let mostInFlight = 0
  let respond: (call: Call, signal: AbortSignal | undefined) => Attempt | Promise<Attempt> = () => ok
  let addressHealth: { ok: boolean; problem: string | null } = { ok: true, problem: null }

  const laravel: LaravelClient = {
    address: options.address === undefined ? 'http://app.test/api' : options.address,
    askActive: async () => ({ said: 'active', fault: null }),
    publishQr: async () => {},
    publishPairingCode: async () => {},
    async deliver(kind, webhookId, payload, signal) {
      const call = { kind, webhookId, lane: String(payload.session_id), payload, at: clock.now() - start }
      calls.push(call)
      mostInFlight = Math.max(mostInFlight, ++inFlight)
      try {
        return await respond(call, signal)
      } finally {
        inFlight--
      }
    },
    faults: { note: () => null, all: () => [] },
    health: () => addressHealth,
    close: async () => {},
  }

  const leases: LaneLeases = {
    async take(lane) {
      try {
        const row = table.stored.head(lane)
        return { lane, head: { row, isLast: row === null || !table.stored.hasNext(lane, row.id) } }
      } catch {
        return null
      }
    },
    giveBack() {},
    flush: async () => {},
  }
  let queue: ReturnType<typeof createForgetfulQueue>
  const begin = () => {
    queue = createForgetfulQueue(clock, options.concurrency ?? 32)
    return createDeliveries({
      store: table.store,
      queue,
      laravel,
      clock,
      logger,
      ...(options.files && { files: options.files }),
      ...(options.leased && { leases }),
    })
  }
  let deliveries = begin()

  return {
    clock,
    table,
    logs,
    calls,
    get deliveries() {
      return deliveries
    },
    mostInFlight: () => mostInFlight,
    elapsed: () => clock.now() - start,
    respond(next: typeof respond) {
      respond = next
    },
    wrongAddress(health: typeof addressHealth) {
      addressHealth = health
    },
    /** A new process on the same table. */
    restart() {
      deliveries = begin()
      deliveries.start()
    },
    /** The queue loses every wake that it knows. */
    forget: () => queue.forget(),
    /** Puts a delivery into the table and wakes its lane. */
    add(lane: string, fields: Parameters<typeof table.add>[2] = {}) {
      const webhookId = table.add(lane, clock.now(), fields)
      deliveries.wake(lane)
      return webhookId
    },
    times: (lane: string) => calls.filter(call => call.lane === lane).map(call => call.at),
    dead: () => table.stored.page({ state: 'dead', limit: 1_000 }).rows,
  }
}

/** A promise that the test settles. */
export function gate<T>() {
  let open: (value: T) => void = () => {}
  const opened = new Promise<T>(resolve => {
    open = resolve
  })
  return { opened, open }
}
