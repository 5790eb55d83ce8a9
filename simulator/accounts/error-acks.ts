/** What a negative ack says; `backoff`: for how many seconds the account is to send nothing. */
export interface ErrorAck {
  error: string
  backoff?: number
}

/** The negative acks that an account's next sends get. Whoever sends before a backoff has passed is refused with the rest of it. */
export class ErrorAcks {
  readonly #next: ErrorAck[] = []
  #pause: { error: string; until: number } | null = null

  add(ack: ErrorAck, times: number): void {
    this.#next.push(...Array<ErrorAck>(times).fill(ack))
  }

  /** What a send is refused with; undefined if it is not. */
  take(): ErrorAck | undefined {
    const now = Date.now()
    if (this.#pause && now < this.#pause.until) {
      const { error, until } = this.#pause
      return { error, backoff: Math.ceil((until - now) / 1000) }
    }
    const ack = this.#next.shift()
    if (ack?.backoff) this.#pause = { error: ack.error, until: now + ack.backoff * 1000 }
    return ack
  }
}
