import type { Clock } from '../base/clock.ts'
import type { Queue } from '../ports/queue.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'

/** Waking a lane in the past would spin. */
const SOONEST = 60_000

/**
 * Lanes that wait for the circuit to close, in order of arrival. Only the first is woken for the next probe; a lane that failed
 * comes back at the end, so that no single delivery can be every probe.
 */
export function createHeldLanes(options: { breaker: CircuitBreaker; queue: Queue; clock: Clock }) {
  const { breaker, queue, clock } = options
  /** With the time at which each must be looked at if nothing happens before. */
  const lanes = new Map<string, number>()

  const firstOf = () => lanes.keys().next().value

  /** Makes sure that somebody probes; needed whenever the first lane has changed or a probe has failed. */
  function scheduleProbe(): void {
    const first = firstOf()
    if (first !== undefined && !breaker.isProbing()) queue.wake(first, breaker.nextProbeAt())
  }

  return {
    has: (lane: string) => lanes.has(lane),

    /** The time at which the lane must be looked at if nothing happens before; `expiry` is when its head may die. */
    hold(lane: string, expiry: number): number {
      const latest = Math.max(expiry, clock.now() + SOONEST)
      lanes.set(lane, latest)
      const probes = firstOf() === lane && !breaker.isProbing()
      return probes ? Math.min(latest, breaker.nextProbeAt()) : latest
    },

    /** The lane has nothing to wait for, or is drained as the probe. */
    release(lane: string): void {
      if (lanes.delete(lane)) scheduleProbe()
    },

    scheduleProbe,

    /** Makes good what the queue may have lost; where it has lost nothing, nothing changes. */
    rewake(): void {
      for (const [lane, latest] of lanes) queue.wake(lane, latest)
      scheduleProbe()
    },

    /** The circuit is closed: all go. */
    releaseAll(): void {
      const released = [...lanes.keys()]
      lanes.clear()
      for (const lane of released) queue.wake(lane)
    },
  }
}
