import type { Clock } from '../../base/clock.ts'

/** Who waits for something to become true of a session. */
export class Waiters {
  readonly #clock: Clock
  readonly #checks = new Set<() => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves with true once `done()` holds, with false at `deadline` (ms since the epoch). */
  async until(done: () => boolean, deadline: number): Promise<boolean> {
    if (done()) return true
    return new Promise(resolve => {
      const finish = (held: boolean) => {
        this.#clock.clearTimeout(timer)
        this.#checks.delete(check)
        resolve(held)
      }
      const check = () => done() && finish(true)
      const timer = this.#clock.setTimeout(() => finish(false), Math.max(0, deadline - this.#clock.now()))
      this.#checks.add(check)
    })
  }

  /** Something changed: whoever waits checks again. */
  recheck(): void {
    for (const check of [...this.#checks]) check()
  }
}
