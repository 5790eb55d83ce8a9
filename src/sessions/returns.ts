import type { Clock } from '../ports.ts'

/** In ms: the first wait, the longest, and how long a session must have run for the next to be the first again. */
const WAIT = { first: 1000, longest: 60_000, forgottenAfter: 300_000 }

/** Sessions that were ended by a write which the store refused for what was in it, and that come back after a while. */
export class Returns {
  readonly #clock: Clock
  readonly #waits = new Map<string, { timer: unknown; ms: number; at: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls `back` once, after twice as long as the last time if that was lately. Returns the wait in ms; null if one is under way. */
  later(sessionId: string, back: () => void): number | null {
    const now = this.#clock.now()
    for (const [id, { timer, ms, at }] of this.#waits)
      if (timer === null && at + ms + WAIT.forgottenAfter < now) this.#waits.delete(id)
    const last = this.#waits.get(sessionId)
    if (last !== undefined && last.timer !== null) return null
    const ms = last === undefined ? WAIT.first : Math.min(2 * last.ms, WAIT.longest)
    const timer = this.#clock.setTimeout(() => {
      this.#waits.set(sessionId, { timer: null, ms, at: now })
      back()
    }, ms)
    this.#waits.set(sessionId, { timer, ms, at: now })
    return ms
  }

  /** Whether a session is to come back. */
  has(sessionId: string): boolean {
    const wait = this.#waits.get(sessionId)
    return wait !== undefined && wait.timer !== null
  }

  /** Nobody comes back. */
  clear(): void {
    for (const { timer } of this.#waits.values()) if (timer !== null) this.#clock.clearTimeout(timer)
    this.#waits.clear()
  }
}
