import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../src/base/clock.ts'

export interface TestClock extends Clock {
  /** Runs every timer due within `ms`, in order of time, letting promises settle after each. */
  advance(ms: number): Promise<void>
  /** Timers that are armed. */
  pending(): number
}

/** What reads of the store and more wait for takes a turn each, and no time. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 3; turns++) await setImmediate()
}

/** A clock that moves only when told; hand it to XState as its clock too, so that both agree. */
export function createTestClock(start = Date.UTC(2026, 0, 1)): TestClock {
  let now = start
  let nextId = 1
  const timers = new Map<number, { at: number; fn: () => void }>()
  const due = (until: number) => {
    let best: { id: number; at: number } | null = null
    for (const [id, { at }] of timers) if (at <= until && (best === null || at < best.at)) best = { id, at }
    return best
  }
  return {
    now: () => now,
    setTimeout(fn, ms) {
      const id = nextId++
      timers.set(id, { at: now + Math.max(0, ms), fn })
      return id
    },
    clearTimeout(id) {
      timers.delete(id as number)
    },
    pending: () => timers.size,
    async advance(ms) {
      const until = now + ms
      await settled()
      for (let next = due(until); next !== null; next = due(until)) {
        const timer = timers.get(next.id)!
        timers.delete(next.id)
        now = Math.max(now, next.at)
        timer.fn()
        await settled()
      }
      now = until
      await settled()
    },
  }
}
