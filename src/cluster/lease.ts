/**
 * How long a node may believe in its lease, by its own clock that never jumps: half as long as the database does, from before the renewal
 * was sent. So it has ended all that runs here long before another node may claim it, whatever the network did to the answer.
 */
export class Lease {
  readonly ms: number
  #confirmed: number | null = null

  /** `ms`: as long as the database grants it. */
  constructor(ms: number) {
    this.ms = ms
  }

  /** The database has granted what was asked for at `sentAt`. */
  confirm(sentAt: number): void {
    this.#confirmed = Math.max(this.#confirmed ?? sentAt, sentAt)
  }

  /** Until when it may be believed in; null: it was never granted. */
  get until(): number | null {
    return this.#confirmed === null ? null : this.#confirmed + this.ms / 2
  }

  holds(now: number): boolean {
    return this.until !== null && now < this.until
  }
}
