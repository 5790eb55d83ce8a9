import type { Queue } from '../../ports/queue.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'
import type { Sender } from './evidence.ts'

/** More need not be remembered: the deliveries table knows them all. */
const MOST = 500

/**
 * Lanes that wait for a circuit to close, in order of arrival, and no more of them than probes need. Only the first is woken for the next
 * probe: one that has not been tried, as long as there is one; a lane that failed stands at the end, so that no single delivery
 * can be every probe.
 */
export function createHeldLanes({ breaker, queue }: { breaker: CircuitBreaker; queue: Queue }) {
  const untried = new Map<string, Sender>()
  const tried = new Map<string, Sender>()
  let forgotten = false

  const first = () => firstOf(untried) ?? firstOf(tried)

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

    /** The time at which the lane may probe if it is the next to do so, or null: then it is woken when its time has come. */
    hold({ lane, sessionId }: Sender): number | null {
      remove(lane)
      const line = breaker.hasFailed({ lane, sessionId }) ? tried : untried
      if (line.size < MOST) line.set(lane, { lane, sessionId })
      else forgotten = true
      const next = first()
      return next?.lane === lane && !breaker.isProbing() ? breaker.nextProbeAt(next) : null
    },

    /** The lane has nothing to wait for, or is drained as the probe. */
    release(lane: string): void {
      if (remove(lane)) scheduleProbe()
    },

    scheduleProbe,

    /** The circuit is closed: all go. True if there are others that were not remembered. */
    releaseAll(): boolean {
      const released = [...untried.keys(), ...tried.keys()]
      const more = forgotten
      untried.clear()
      tried.clear()
      forgotten = false
      for (const lane of released) queue.wake(lane)
      return more
    },
  }
}

function firstOf<T>(line: Map<string, T>): T | undefined {
  return line.values().next().value
}
