import type { Clock, Queue } from '../ports.ts'
import { Timeline } from './timeline.ts'

/** Node runs a longer timeout at once. */
const LONGEST_TIMEOUT = 24 * 60 * 60_000
const BACKOFF = { first: 1_000, longest: 60_000 }

/**
 * Lanes in this process: at most `concurrency` drains at once, one per lane, first woken first served, and one timer for all.
 * A drain that rejects is called again after 1 s, doubling up to a minute.
 */
export function createInProcessQueue(options: { clock: Clock; concurrency?: number }): Queue {
  const { clock, concurrency = 32 } = options
  const ready = new Set<string>()
  const later = new Timeline()
  /** Lanes being drained, with the time of the next wake that came meanwhile. */
  const running = new Map<string, number | null>()
  const rejections = new Map<string, number>()
  const idle = new Set<() => void>()
  let drain: ((lane: string) => Promise<number | null>) | null = null
  let stopped = false
  let timer: { id: unknown; at: number } | null = null

  function schedule(lane: string, at: number): void {
    if (ready.has(lane)) return
    if (at > clock.now()) {
      later.add(lane, at)
    } else {
      later.remove(lane)
      ready.add(lane)
    }
  }

  function advance(): void {
    if (stopped || drain === null) return
    for (let lane = later.take(clock.now()); lane !== null; lane = later.take(clock.now())) ready.add(lane)
    for (const lane of ready) {
      if (running.size >= concurrency) break
      ready.delete(lane)
      running.set(lane, null)
      void run(lane, drain)
    }
    arm()
  }

  async function run(lane: string, call: (lane: string) => Promise<number | null>): Promise<void> {
    const wanted: (number | null)[] = []
    try {
      wanted.push(await call(lane))
      wanted.push(running.get(lane) ?? null)
      rejections.delete(lane)
    } catch {
      const count = rejections.get(lane) ?? 0
      rejections.set(lane, count + 1)
      wanted.push(clock.now() + Math.min(BACKOFF.first * 2 ** count, BACKOFF.longest))
    }
    running.delete(lane)
    if (running.size === 0) for (const resolve of idle) resolve()
    if (stopped) return
    for (const at of wanted) if (at !== null) schedule(lane, at)
    advance()
  }

  function arm(): void {
    const at = later.next()
    if (timer !== null && timer.at === at) return
    if (timer !== null) clock.clearTimeout(timer.id)
    timer =
      at === null ? null : { at, id: clock.setTimeout(fire, Math.min(at - clock.now(), LONGEST_TIMEOUT)) }
  }

  function fire(): void {
    timer = null
    advance()
  }

  return {
    start(given) {
      drain = given
      advance()
    },

    wake(lane, at = clock.now()) {
      if (stopped) return
      if (running.has(lane)) {
        running.set(lane, Math.min(running.get(lane) ?? Number.POSITIVE_INFINITY, at))
        return
      }
      schedule(lane, at)
      advance()
    },

    async stop(ms) {
      stopped = true
      if (timer !== null) clock.clearTimeout(timer.id)
      timer = null
      ready.clear()
      if (running.size === 0) return
      await new Promise<void>(resolve => {
        const done = () => {
          idle.delete(done)
          clock.clearTimeout(limit)
          resolve()
        }
        const limit = clock.setTimeout(done, ms)
        idle.add(done)
      })
    },
  }
}
