import type { Clock } from '../../base/clock.ts'

/** Who waits for something to become true of a session. */
export class Waiters {
  readonly #clock: Clock
  readonly #looks = new Set<() => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves with true once `done()` holds, with false at `deadline` (ms since the epoch). */
  async until(done: () => boolean, deadline: number): Promise<boolean> {
    if (done()) return true
    return new Promise(resolve => {
      const finish = (held: boolean) => {
        this.#clock.clearTimeout(timer)
        this.#looks.delete(look)
        resolve(held)
      }
      const look = () => done() && finish(true)
      const timer = this.#clock.setTimeout(() => finish(false), Math.max(0, deadline - this.#clock.now()))
      this.#looks.add(look)
    })
  }

  /** Something changed: everybody looks whether it is what they wait for. */
  look(): void {
    for (const look of [...this.#looks]) look()
  }
}
