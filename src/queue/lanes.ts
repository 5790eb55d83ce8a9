import type { Clock } from '../base/clock.ts'
import type { Drain } from '../ports/queue.ts'
import { WakeTimes } from './wake-times.ts'

/** Node runs a longer timeout at once. */
const LONGEST_TIMEOUT = 24 * 60 * 60_000
const BACKOFF = { first: 1_000, longest: 60_000 }

/**
 * Who is drained when: at most `concurrency` drains at once, one per lane, first admitted first served, and one timer for all.
 * A drain that rejects is called again after 1 s, doubling up to a minute. With a `gate`, which is called
 * for each lane that is due, the lane waits until it is admitted; without one it is admitted at once.
 */
export function createLanes(options: { clock: Clock; concurrency: number; gate?: (lane: string) => void }) {
  const { clock, concurrency, gate } = options
  /** Lanes that are due and that the gate has not admitted. */
  const atGate = new Set<string>()
  /** Lanes that are admitted and wait for room. */
  const ready = new Set<string>()
  const wakeTimes = new WakeTimes()
  /** Lanes being drained, with the time of the next wake that came meanwhile. */
  const running = new Map<string, number | null>()
  const rejections = new Map<string, number>()
  /** Called at the end of an admitted lane's drain. */
  const onDrained = new Map<string, () => void>()
  const idle = new Set<() => void>()
  let drain: Drain | null = null
  let stopped = false
  let timer: { id: unknown; at: number } | null = null

  function schedule(lane: string, at: number): void {
    if (ready.has(lane) || atGate.has(lane)) return
    if (at > clock.now()) {
      wakeTimes.add(lane, at)
    } else {
      wakeTimes.remove(lane)
      enter(lane)
    }
  }

  function enter(lane: string): void {
    if (gate === undefined) {
      ready.add(lane)
    } else {
      atGate.add(lane)
      gate(lane)
    }
  }

  function advance(): void {
    if (stopped || drain === null) return
    for (let lane = wakeTimes.take(clock.now()); lane !== null; lane = wakeTimes.take(clock.now()))
      enter(lane)
    fillRoom(drain)
    setTimer()
  }

  function fillRoom(call: Drain): void {
    for (const lane of ready) {
      if (running.size >= concurrency) break
      ready.delete(lane)
      running.set(lane, null)
      void run(lane, call)
    }
  }

  async function run(lane: string, call: Drain): Promise<void> {
    const wakes: (number | null)[] = []
    try {
      wakes.push(await call(lane))
      wakes.push(running.get(lane) ?? null)
      rejections.delete(lane)
    } catch {
      const count = rejections.get(lane) ?? 0
      rejections.set(lane, count + 1)
      wakes.push(clock.now() + Math.min(BACKOFF.first * 2 ** count, BACKOFF.longest))
    }
    running.delete(lane)
    reportDrained(lane)
    if (running.size === 0) for (const resolve of idle) resolve()
    if (stopped) return
    for (const at of wakes) if (at !== null) schedule(lane, at)
    advance()
  }

  function reportDrained(lane: string): void {
    onDrained.get(lane)?.()
    onDrained.delete(lane)
  }

  function setTimer(): void {
    const at = wakeTimes.next()
    if (timer !== null && timer.at === at) return
    if (timer !== null) clock.clearTimeout(timer.id)
    timer =
      at === null ? null : { at, id: clock.setTimeout(onTimer, Math.min(at - clock.now(), LONGEST_TIMEOUT)) }
  }

  function onTimer(): void {
    timer = null
    advance()
  }

  return {
    /** Lanes that wait at the gate, in order of arrival. */
    atGate: atGate as ReadonlySet<string>,
    /** One more lane could be drained. */
    hasRoom: () => ready.size === 0 && running.size < concurrency,

    start(given: Drain): void {
      drain = given
      advance()
    },

    wake(lane: string, at = clock.now()): void {
      if (stopped) return
      if (running.has(lane)) {
        running.set(lane, Math.min(running.get(lane) ?? Number.POSITIVE_INFINITY, at))
        return
      }
      schedule(lane, at)
      advance()
    },

    /** Lets a lane through the gate; resolves when it was drained, or at once if it does not wait there. */
    admit(lane: string): Promise<void> {
      if (stopped || !atGate.delete(lane)) return Promise.resolve()
      return new Promise(resolve => {
        onDrained.set(lane, resolve)
        ready.add(lane)
        if (drain !== null) fillRoom(drain)
      })
    },

    /** Starts nothing more, and waits for the drains that run, at most `ms`. */
    async stop(ms: number): Promise<void> {
      stopped = true
      if (timer !== null) clock.clearTimeout(timer.id)
      timer = null
      atGate.clear()
      for (const lane of ready) reportDrained(lane)
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
