import type { Clock } from '../../base/clock.ts'

/** In ms: the first wait, the longest, and how long after a return the next wait is the first again. */
const WAIT = { first: 1000, longest: 60_000, forgottenAfter: 300_000 }

interface Wait {
  timer: unknown
  /** It is to come back, or is just coming. */
  pending: boolean
  ms: number
  at: number
}

/** Sessions that were ended by a write which the store refused for what was in it, and that come back after a while. */
export class Returns {
  readonly #clock: Clock
  readonly #waits = new Map<string, Wait>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Calls `back` after a while, twice as long as the last one if that was lately, and again when it rejects, until it does not.
   * Returns the wait in ms; null if one is under way.
   */
  later(sessionId: string, back: () => Promise<void>): number | null {
    if (this.has(sessionId)) return null
    this.#forget()
    const last = this.#waits.get(sessionId)
    const ms = last === undefined ? WAIT.first : Math.min(2 * last.ms, WAIT.longest)
    const wait: Wait = { timer: null, pending: true, ms, at: this.#clock.now() }
    wait.timer = this.#clock.setTimeout(async () => {
      const isBack = await back().then(
        () => true,
        () => false,
      )
      wait.pending = false
      if (!isBack && this.#waits.get(sessionId) === wait) this.later(sessionId, back)
    }, ms)
    this.#waits.set(sessionId, wait)
    return ms
  }

  /** Whether a session is to come back, or is just coming. */
  has(sessionId: string): boolean {
    return this.#waits.get(sessionId)?.pending === true
  }

  /** Nobody comes back. */
  clear(): void {
    for (const { timer } of this.#waits.values()) this.#clock.clearTimeout(timer)
    this.#waits.clear()
  }

  #forget(): void {
    const long = this.#clock.now() - WAIT.forgottenAfter
    for (const [id, { pending, ms, at }] of this.#waits)
      if (!pending && at + ms < long) this.#waits.delete(id)
  }
}
