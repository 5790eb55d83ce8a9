import type { Clock } from '../base/clock.ts'
import type { Queue } from '../ports/queue.ts'
import type { Endpoint } from './circuit-breaker.ts'

/** Waking a lane in the past would spin. */
const SOONEST = 60_000

/**
 * Lanes that wait for a held endpoint, in order of arrival. Only the first is woken for the next probe; a lane that failed
 * comes back at the end, so that no single delivery can be every probe.
 */
export function createWaitingRoom(options: { endpoint: Endpoint; queue: Queue; clock: Clock }) {
  const { endpoint, queue, clock } = options
  /** With the time at which each must be looked at if nothing happens before. */
  const lanes = new Map<string, number>()

  const firstOf = () => lanes.keys().next().value

  /** Makes sure that somebody probes; needed whenever the first lane has changed or a probe has failed. */
  function arm(): void {
    const first = firstOf()
    if (first !== undefined && !endpoint.probing()) queue.wake(first, endpoint.retryAt())
  }

  return {
    has: (lane: string) => lanes.has(lane),

    /** The time at which the lane must be looked at if nothing happens before; `expiry` is when its head may die. */
    wait(lane: string, expiry: number): number {
      const latest = Math.max(expiry, clock.now() + SOONEST)
      lanes.set(lane, latest)
      const probes = firstOf() === lane && !endpoint.probing()
      return probes ? Math.min(latest, endpoint.retryAt()) : latest
    },

    /** The lane has nothing to wait for, or goes in as the probe. */
    leave(lane: string): void {
      if (lanes.delete(lane)) arm()
    },

    arm,

    /** Makes good what the queue may have lost; where it has lost nothing, nothing changes. */
    rewake(): void {
      for (const [lane, latest] of lanes) queue.wake(lane, latest)
      arm()
    },

    /** The endpoint is back: everybody goes. */
    wakeAll(): void {
      const woken = [...lanes.keys()]
      lanes.clear()
      for (const lane of woken) queue.wake(lane)
    },
  }
}
