/** Sends that wait for their ack; more than a socket ever has in flight. */
const MAX_UNACKED = 1000

interface Unacked {
  /** Resolves once it is written. */
  written: Promise<unknown>
  /** What becomes of it is told already. */
  completes: boolean
}

/** The sends of one socket that WhatsApp's server has not acknowledged. */
export class UnackedSends<T extends Unacked> {
  readonly #sends = new Map<string, T>()
  /** When those were written of which nobody has heard since, oldest first. */
  readonly #silent = new Map<string, number>()
  /** Those that have arrived, perhaps before their write was reported. */
  readonly #arrived = new WeakSet<T>()
  readonly #now: () => number

  /** `now`: a monotonic time in ms. */
  constructor(now = () => performance.now()) {
    this.#now = now
  }

  /** It is about to be written. */
  add(messageId: string, send: T): void {
    this.remove(messageId)
    this.#sends.set(messageId, send)
    if (this.#sends.size > MAX_UNACKED) this.remove(this.#sends.keys().next().value!)
    if (send.completes) return
    send.written.then(
      () => {
        if (this.#sends.get(messageId) === send && !this.#arrived.has(send))
          this.#silent.set(messageId, this.#now())
      },
      () => {},
    )
  }

  /** Its ack came: the send, unless it is none of these. */
  take(messageId: string): T | undefined {
    const send = this.#sends.get(messageId)
    this.remove(messageId)
    return send
  }

  remove(messageId: string): void {
    this.#sends.delete(messageId)
    this.#silent.delete(messageId)
  }

  /** A receipt says that it has arrived; its ack may still say more. */
  arrived(messageId: string): void {
    const send = this.#sends.get(messageId)
    if (send) this.#arrived.add(send)
    this.#silent.delete(messageId)
  }

  clear(): void {
    this.#sends.clear()
    this.#silent.clear()
  }

  /** When the oldest was written that has neither ack nor receipt; null if there is none. */
  get silentSince(): number | null {
    return this.#silent.values().next().value ?? null
  }
}
