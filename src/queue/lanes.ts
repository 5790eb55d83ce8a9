import type { Clock } from '../base/clock.ts'
import { Line } from '../base/line.ts'
import type { Drain } from '../ports/queue.ts'
import { WakeTimes } from './wake-times.ts'

/** Node runs a longer timeout at once. */
const LONGEST_TIMEOUT = 24 * 60 * 60_000
const BACKOFF = { first: 1_000, longest: 60_000 }
/** Lanes whose time has come that enter in one turn of the event loop. */
const SLICE = 1_000

/** Drains that are begun in a row: while a route is held they have nothing to wait for, and would hold the event loop all together. */
const BURST = 128

/** Lanes that share the number of drains that may run at once. */
interface Group {
  /** Due, and without room yet. */
  line: Line
  /** Drains that run or wait at the gate. */
  busy: number
}

export interface LanesOptions {
  clock: Clock
  /** Drains of one group at once. */
  concurrency: number
  /** The group of a lane: a slow one leaves the others their room. All lanes are one group if not given. */
  groupOf?: ((lane: string) => string) | undefined
  /**
   * Called for each lane that had to wait for room or for its time, once it has room: it is drained once it is admitted. A lane that finds
   * room when it is woken is drained at once; without a gate all are.
   */
  gate?: (lane: string) => void
}

/**
 * Who is drained when: of each group at most `concurrency` at once, one drain a lane, first due first served, and one timer for all.
 * A drain that rejects is called again after 1 s, doubling up to a minute.
 */
export function createLanes({ clock, concurrency, groupOf = () => '', gate }: LanesOptions) {
  const groups = new Map<string, Group>()
  /** Lanes that have room and that the gate has not admitted. */
  const atGate = new Set<string>()
  const wakeTimes = new WakeTimes()
  /** Lanes being drained, with the time of the next wake that came meanwhile. */
  const running = new Map<string, number | null>()
  const rejections = new Map<string, number>()
  const idle = new Set<() => void>()
  let drain: Drain | null = null
  let stopped = false
  let timer: { id: unknown; at: number } | null = null
  let burst = 0
  let breath: unknown = null

  function group(lane: string): Group {
    const name = groupOf(lane)
    let known = groups.get(name)
    if (known === undefined) {
      known = { line: new Line(), busy: 0 }
      groups.set(name, known)
    }
    return known
  }

  function schedule(lane: string, at: number): void {
    const { line } = group(lane)
    if (line.has(lane) || atGate.has(lane)) return
    if (at > clock.now()) {
      wakeTimes.add(lane, at)
    } else {
      wakeTimes.remove(lane)
      line.add(lane)
    }
  }

  /** Lets in whose time has come, and sets the timer for who is next. */
  function advance(): void {
    if (stopped || drain === null) return
    let entered = 0
    for (; entered < SLICE; entered++) {
      const lane = wakeTimes.take(clock.now())
      if (lane === null) break
      const entering = group(lane)
      entering.line.add(lane)
      fillRoom(entering, drain)
    }
    setTimer()
  }

  /** `waited`: those that get in had to wait for it. */
  function fillRoom(filled: Group, call: Drain, waited = true): void {
    while (filled.busy < concurrency && filled.line.size > 0) {
      if (burst >= BURST) {
        breath ??= clock.setTimeout(goOn, 0)
        return
      }
      burst++
      const lane = filled.line.take()
      if (lane === null) return
      filled.busy++
      if (gate !== undefined && waited) {
        atGate.add(lane)
        gate(lane)
      } else {
        void run(lane, call)
      }
    }
  }

  function goOn(): void {
    breath = null
    burst = 0
    if (stopped || drain === null) return
    for (const filled of groups.values()) fillRoom(filled, drain)
  }

  async function run(lane: string, call: Drain): Promise<void> {
    running.set(lane, null)
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
    const left = group(lane)
    left.busy--
    if (running.size === 0) for (const resolve of idle) resolve()
    if (stopped) return
    for (const at of wakes) if (at !== null) schedule(lane, at)
    fillRoom(left, call)
    advance()
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

    start(given: Drain): void {
      drain = given
      for (const filled of groups.values()) fillRoom(filled, given)
      advance()
    },

    wake(lane: string, at = clock.now()): void {
      if (stopped) return
      if (running.has(lane)) {
        running.set(lane, Math.min(running.get(lane) ?? Number.POSITIVE_INFINITY, at))
        return
      }
      schedule(lane, at)
      if (drain === null) return
      // Whoever stands in line already has no room: only this lane can get in.
      fillRoom(group(lane), drain, false)
      setTimer()
    },

    /** Lets a lane through the gate; resolves when it was drained, or at once if it does not wait there. */
    async admit(lane: string): Promise<void> {
      if (stopped || drain === null || !atGate.delete(lane)) return
      await run(lane, drain)
    },

    /** Starts nothing more, and waits for the drains that run, at most `ms`. */
    async stop(ms: number): Promise<void> {
      stopped = true
      if (timer !== null) clock.clearTimeout(timer.id)
      timer = null
      clock.clearTimeout(breath)
      atGate.clear()
      groups.clear()
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
