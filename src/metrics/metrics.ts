import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Clock } from '../base/clock.ts'
import { within } from '../base/pause.ts'
import type { NodeState } from '../base/problem.ts'
import type { DeliveryKind, DeliveryOutcome, DeliveryRow } from '../ports/delivery-table.ts'
import type { Stats } from '../ports/session-queries.ts'
import type { Store, Write } from '../ports/store.ts'
import { createFactCounters } from './fact-counters.ts'
import { named } from './name.ts'
import { createNodeGauges } from './node-gauges.ts'
import { toOpenMetrics } from './open-metrics.ts'

/** Seconds: from a fast disk's commit to a caller's patience. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15]
/** Rows of a commit: from a receipt to a history. */
const ROWS = [1, 2, 3, 5, 10, 20, 50, 100, 500]
/** The event loop is looked at so often, in ms. */
/** Whoever scrapes gives up some seconds later. */
const READ_WITHIN_MS = 2_000
const LOOP_PRECISION_MS = 50

/** What is asked when somebody reads, and not before. */
export interface Readings {
  stats(): Pick<Stats, 'byState' | 'qr'>
  /** Sessions that stand still because they cannot be read. */
  quarantined(): number
  /** Bytes that are free where the data lies. */
  diskFree(): Promise<number>
  /** Routes of Laravel that do not answer as they should, and lanes that wait for over a minute though their route does. */
  laravel(): Promise<{ failing: { route: string; cause: string }[]; late: number }>
  deliveries: {
    counts(): Promise<{ pending: number; dead: number }>
    backlog(): Promise<{ lanes: number; oldestAt: number | null }>
  }
  /** Where several nodes share the sessions. */
  node?: (() => NodeState) | undefined
}

/** An answered request; `route` as the router spells it. */
export interface Answered {
  method: string
  route: string
  status: number
  ms: number
}

/** Counts and measures for Prometheus. No label takes a value that grows with users. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #clock: Clock
  readonly #counts: ReturnType<typeof createFactCounters>
  readonly #requests: Histogram
  readonly #commits: Histogram
  readonly #rows: Histogram
  readonly #failedCommits: Counter
  readonly #attempts: Histogram
  readonly #outcomes: Counter
  #readNow = async () => {}
  #watchesProcess = false

  constructor(clock: Clock, build: Record<string, string>) {
    this.#clock = clock
    const registers = [this.#registry]
    const labelNames = Object.keys(build)
    new Gauge({ name: named('build_info'), help: 'Versions', labelNames, registers }).set(build, 1)
    this.#counts = createFactCounters(this.#registry)
    const histogram = (name: string, help: string, labelNames: string[] = []) =>
      new Histogram({ name: named(name), help, labelNames, registers, buckets: BUCKETS })
    this.#requests = histogram(
      'http_request_duration_seconds',
      "How long callers waited; of POST /send-message: for WhatsApp's ack",
      ['method', 'route', 'status'],
    )
    this.#commits = histogram('commit_duration_seconds', 'From a write to its durable commit')
    this.#rows = new Histogram({
      name: named('commit_rows'),
      help: 'Rows that a write adds or changes',
      registers,
      buckets: ROWS,
    })
    this.#failedCommits = new Counter({
      name: named('commits_failed_total'),
      help: 'Writes that the store refused or could not take',
      registers,
    })
    this.#outcomes = new Counter({
      name: named('delivery_outcomes_total'),
      help: 'What attempts made of deliveries: done, retry (it is tried again), dead',
      labelNames: ['kind', 'outcome'],
      registers,
    })
    this.#attempts = histogram('delivery_duration_seconds', 'Attempts to deliver to Laravel', [
      'kind',
      'outcome',
    ])
  }

  /** Has these asked once at each reading. */
  read({ stats, quarantined, diskFree, laravel, deliveries, node }: Readings): void {
    const registers = [this.#registry]
    const gauge = (name: string, help: string, labelNames: string[] = []) =>
      new Gauge({ name: named(name), help, labelNames, registers })
    const sessions = gauge('sessions', 'Sessions by state', ['state'])
    const unreadable = gauge('sessions_quarantined', 'Sessions that cannot be read')
    const free = gauge('disk_free_bytes', 'Free where DATA_DIR lies')
    const shown = gauge('qrs_shown', 'Sessions with a published QR')
    const pending = gauge('deliveries_pending', 'What waits for Laravel')
    const dead = gauge('deliveries_dead', 'Dead letters')
    const lanes = gauge('lanes_pending', 'Chats of which something waits for Laravel')
    const lag = gauge('delivery_lag_seconds', 'Age of the oldest that waits for Laravel')
    const failing = gauge('laravel_failing', 'Routes of Laravel that do not answer as they should', [
      'route',
      'cause',
    ])
    const late = gauge('lanes_late', 'Chats that wait for Laravel for over a minute though their route works')
    const readNode = node && createNodeGauges(this.#registry, node)
    /** Null for what cannot be read now: that is NaN in what Prometheus gets, and all else is told. */
    const unlessAway = <T>(reading: Promise<T>) => within(this.#clock, READ_WITHIN_MS, reading)
    this.#readNow = async () => {
      const [found, bytes, counts, backlog] = await Promise.all([
        laravel(),
        unlessAway(diskFree()),
        unlessAway(deliveries.counts()),
        unlessAway(deliveries.backlog()),
      ])
      // From here on in one turn: whoever reads at the same time sees all of it or nothing.
      failing.reset()
      for (const { route, cause } of found.failing) failing.set({ route, cause }, 1)
      late.set(found.late)
      free.set(bytes ?? Number.NaN)
      const { byState, qr } = stats()
      sessions.reset()
      for (const [state, count] of Object.entries(byState)) sessions.set({ state }, count)
      unreadable.set(quarantined())
      readNode?.()
      shown.set(qr.trackedSessions)
      pending.set(counts?.pending ?? Number.NaN)
      dead.set(counts?.dead ?? Number.NaN)
      lanes.set(backlog?.lanes ?? Number.NaN)
      const now = this.#clock.now()
      lag.set(backlog === null ? Number.NaN : Math.max(0, now - (backlog.oldestAt ?? now)) / 1000)
    }
  }

  /** The same store, with what it commits counted. */
  store(store: Store): Store {
    const commit: Store['commit'] = write => {
      const from = this.#clock.now()
      const committed = store.commit(write)
      committed.then(
        () => {
          this.#commits.observe((this.#clock.now() - from) / 1000)
          this.#rows.observe(rowsIn(write))
          this.#counts.committed(write)
        },
        () => this.#failedCommits.inc(),
      )
      return committed
    }
    return { ...store, commit }
  }

  /** The same way to Laravel, with each attempt counted. */
  delivering<Args extends [DeliveryKind, ...unknown[]], Attempt extends { result: string }>(
    deliver: (...args: Args) => Promise<Attempt>,
  ): (...args: Args) => Promise<Attempt> {
    return async (...args) => {
      const from = this.#clock.now()
      const attempt = await deliver(...args)
      const labels = { kind: args[0], outcome: attempt.result }
      this.#attempts.observe(labels, (this.#clock.now() - from) / 1000)
      return attempt
    }
  }

  /** What became of a delivery. */
  settled({ kind }: Pick<DeliveryRow, 'kind'>, outcome: DeliveryOutcome): void {
    const became = 'done' in outcome ? 'done' : 'dead' in outcome ? 'dead' : 'retry'
    this.#outcomes.inc({ kind, outcome: became })
  }

  /** A session had no use for an event. */
  refused(type: string): void {
    this.#counts.refused(type)
  }

  answered({ method, route, status, ms }: Answered): void {
    this.#requests.observe({ method, route, status: String(status) }, ms / 1000)
  }

  /** All of it as text, in the format that `accept` prefers: Prometheus' own, or OpenMetrics. */
  async text(accept: string | undefined): Promise<{ contentType: string; text: string }> {
    this.#watchProcess()
    await this.#readNow()
    const text = await this.#registry.metrics()
    if (!accept?.includes('application/openmetrics-text'))
      return { contentType: Registry.PROMETHEUS_CONTENT_TYPE, text }
    return { contentType: Registry.OPENMETRICS_CONTENT_TYPE, text: toOpenMetrics(text) }
  }

  /** From the first reading on: looking at the event loop takes a millisecond of CPU a second, also of a process that idles. */
  #watchProcess(): void {
    if (this.#watchesProcess) return
    this.#watchesProcess = true
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: LOOP_PRECISION_MS })
  }
}

const rowsIn = ({ events, messages, keys, inbox, people, downloads, deliveries, accountEvents }: Write) =>
  [events, messages, keys, inbox, people, downloads, deliveries, accountEvents].reduce(
    (sum, rows) => sum + (rows?.length ?? 0),
    0,
  )
