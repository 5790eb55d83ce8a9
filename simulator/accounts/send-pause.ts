/** What a negative ack says; `backoff`: for how many seconds the account is to send nothing. */
export interface ErrorAck {
  error: string
  backoff?: number
}

/** The backoff that an account was given. Whoever sends before it has passed is refused with the rest of it. */
export class SendPause {
  #pause: { error: string; until: number } | null = null

  /** What a send is refused with: the rest of a backoff, or else `ack`, whose own backoff begins now. */
  refusal(ack: () => ErrorAck | undefined): ErrorAck | undefined {
    const now = Date.now()
    if (this.#pause && now < this.#pause.until) {
      const { error, until } = this.#pause
      return { error, backoff: Math.ceil((until - now) / 1000) }
    }
    const refusal = ack()
    if (refusal?.backoff) this.#pause = { error: refusal.error, until: now + refusal.backoff * 1000 }
    return refusal
  }
}
