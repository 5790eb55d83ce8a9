import type { Clock } from '../../base/clock.ts'
import type { Queue } from '../../ports/queue.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'
import type { Sender } from './evidence.ts'

/** Waking a lane in the past would spin. */
const SOONEST = 60_000

/**
 * Lanes that wait for a circuit to close, in order of arrival. Only the first is woken for the next probe: one that has not been tried,
 * as long as there is one; a lane that failed stands at the end, so that no single delivery can be every probe.
 */
export function createHeldLanes(options: { breaker: CircuitBreaker; queue: Queue; clock: Clock }) {
  const { breaker, queue, clock } = options
  /** With the time at which each must be looked at if nothing happens before. */
  const untried = new Map<string, Sender & { latest: number }>()
  const tried = new Map<string, Sender & { latest: number }>()

  const first = () => firstOf(untried) ?? firstOf(tried)
  const all = () => [...untried.values(), ...tried.values()]

  /** Makes sure that somebody probes; needed whenever the first lane has changed or a probe has failed. */
  function scheduleProbe(): void {
    const next = first()
    if (next !== undefined && !breaker.isProbing()) queue.wake(next.lane, breaker.nextProbeAt(next))
  }

  function remove(lane: string): boolean {
    return untried.delete(lane) || tried.delete(lane)
  }

  return {
    has: (lane: string) => untried.has(lane) || tried.has(lane),

    /** The time at which the lane must be looked at if nothing happens before; `expiry` is when its head may die. */
    hold(sender: Sender, expiry: number): number {
      const latest = Math.max(expiry, clock.now() + SOONEST)
      remove(sender.lane)
      const line = breaker.hasFailed(sender) ? tried : untried
      line.set(sender.lane, { ...sender, latest })
      const probes = first()?.lane === sender.lane && !breaker.isProbing()
      return probes ? Math.min(latest, breaker.nextProbeAt(sender)) : latest
    },

    /** The lane has nothing to wait for, or is drained as the probe. */
    release(lane: string): void {
      if (remove(lane)) scheduleProbe()
    },

    scheduleProbe,

    /** Makes good what the queue may have lost; where it has lost nothing, nothing changes. */
    rewake(): void {
      for (const { lane, latest } of all()) queue.wake(lane, latest)
      scheduleProbe()
    },

    /** The circuit is closed: all go. */
    releaseAll(): void {
      const released = all()
      untried.clear()
      tried.clear()
      for (const { lane } of released) queue.wake(lane)
    },
  }
}

function firstOf<T>(line: Map<string, T>): T | undefined {
  return line.values().next().value
}
