import type { AnyActorRef } from 'xstate'
import type { Clock } from '../base/clock.ts'
import { faultFields } from '../base/describe-error.ts'
import { GatewayError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { ChartWatcher, RunningCharts } from '../ports/inspection.ts'
import { Viewer } from './viewer.ts'
import { WatchedChart } from './watched-chart.ts'
import { Wire } from './wire.ts'

/** So many may look on at once. */
export const MOST_VIEWERS = 20
/** So many sessions are shown to one who names none. */
export const MOST_SESSIONS = 50
/** Proxies end what is silent for a minute. */
const BEAT_MS = 15_000

/** No session can be called that: its name has a dot. */
const SUPERVISOR = '.supervisor'

export interface InspectorDeps {
  charts: RunningCharts
  clock: Clock
  /** The time of day, ms since the epoch. */
  wall(): number
  logger: Logger
}

/** Who looks at which statechart. The first viewer attaches observers, the last one takes them off. */
export class InspectionHub implements ChartWatcher {
  readonly #deps: InspectorDeps
  readonly #wire: Wire
  readonly #viewers = new Set<Viewer>()
  /** The roots that run, while anybody looks. */
  readonly #roots = new Map<string, AnyActorRef>()
  readonly #watched = new Map<string, WatchedChart>()
  #beats = false

  constructor(deps: InspectorDeps) {
    this.#deps = deps
    this.#wire = new Wire(deps.charts, deps.wall)
  }

  /** Throws TOO_MANY_REQUESTS. */
  open(sessionIds: readonly string[] | null): Viewer {
    if (this.#viewers.size >= MOST_VIEWERS)
      throw new GatewayError('TOO_MANY_REQUESTS', `${MOST_VIEWERS} viewers look on: close some.`, {
        retryAfterSeconds: 5,
      })
    const viewer = new Viewer(sessionIds, gone => this.#leave(gone))
    if (this.#viewers.size === 0) this.#begin()
    this.#viewers.add(viewer)
    try {
      const charts: WatchedChart[] = []
      for (const name of this.#roots.keys())
        if (this.#wants(viewer, name)) charts.push(this.#join(viewer, name))
      for (const chart of charts) for (const text of chart.actors()) viewer.push(text)
      for (const chart of charts) for (const text of chart.snapshots()) viewer.push(text)
    } catch (error) {
      this.#deps.logger.warn(faultFields(error), 'the inspector failed')
      viewer.end('failed')
      throw error
    }
    this.#beat()
    return viewer
  }

  stop(): void {
    for (const viewer of this.#viewers) viewer.end('shutting down')
  }

  began(sessionId: string, root: AnyActorRef): void {
    this.#safely(() => {
      this.#roots.set(sessionId, root)
      const before = this.#drop(sessionId)
      for (const viewer of this.#viewers) {
        if (!before.has(viewer) && !this.#wants(viewer, sessionId)) continue
        for (const text of this.#join(viewer, sessionId).actors()) viewer.push(text)
      }
    })
  }

  ended(sessionId: string): void {
    this.#safely(() => {
      this.#roots.delete(sessionId)
      this.#drop(sessionId)
    })
  }

  #begin(): void {
    this.#roots.set(SUPERVISOR, this.#deps.charts.supervisor)
    this.#deps.charts.watch(this)
  }

  #wants(viewer: Viewer, name: string): boolean {
    if (viewer.wanted !== null) return viewer.wanted.has(name)
    return name === SUPERVISOR || viewer.charts < MOST_SESSIONS + 1
  }

  #join(viewer: Viewer, name: string): WatchedChart {
    let chart = this.#watched.get(name)
    if (chart === undefined) {
      const title = name === SUPERVISOR ? 'supervisor' : name
      chart = new WatchedChart(title, this.#roots.get(name)!, this.#wire, error => this.#failed(name, error))
      this.#watched.set(name, chart)
    }
    chart.viewers.add(viewer)
    viewer.charts++
    return chart
  }

  /** Nobody looks at this root any more; gives who did. */
  #drop(name: string): ReadonlySet<Viewer> {
    const chart = this.#watched.get(name)
    if (chart === undefined) return new Set()
    chart.detach()
    this.#watched.delete(name)
    for (const viewer of chart.viewers) viewer.charts--
    return chart.viewers
  }

  /** Its viewers would see something that stands still: they come back and begin anew. */
  #failed(name: string, error: unknown): void {
    const whose = name === SUPERVISOR ? {} : { session_id: name }
    this.#deps.logger.warn(
      { ...whose, ...faultFields(error) },
      'the inspector failed, and looks at this actor no more',
    )
    for (const viewer of this.#drop(name)) viewer.end('failed')
  }

  #leave(viewer: Viewer): void {
    this.#viewers.delete(viewer)
    for (const [name, chart] of this.#watched) {
      chart.viewers.delete(viewer)
      if (chart.viewers.size === 0) this.#drop(name)
    }
    if (this.#viewers.size > 0) return
    this.#deps.charts.watch(null)
    this.#roots.clear()
  }

  /** Whoever tells of a root is the session itself. */
  #safely(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#deps.logger.warn(faultFields(error), 'the inspector failed')
      for (const viewer of this.#viewers) viewer.end('failed')
    }
  }

  #beat(): void {
    if (this.#beats) return
    this.#beats = true
    this.#deps.clock.setTimeout(() => {
      this.#beats = false
      for (const viewer of this.#viewers) viewer.push(null)
      if (this.#viewers.size > 0) this.#beat()
    }, BEAT_MS)
  }
}
