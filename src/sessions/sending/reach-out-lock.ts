const HOUR = 3_600_000

/** The pause after WhatsApp's refusal of a new chat (463), in ms; doubled by each one that follows within a day of the last. */
const PAUSE = { first: HOUR, longest: 24 * HOUR }

/** Whether a session may write to people it never wrote with. Pure: the caller brings the time, in ms. */
export class NewChats {
  #until = 0
  #pause = 0

  /** How long the pause still lasts; 0 while there is none. */
  pausedFor(now: number): number {
    return Math.max(0, this.#until - now)
  }

  /** WhatsApp refused to let the account write to somebody new. */
  refused(now: number): void {
    // It says so once for every message that was on its way.
    if (now < this.#until) return
    const again = this.#pause > 0 && now < this.#until + PAUSE.longest
    this.#pause = again ? Math.min(this.#pause * 2, PAUSE.longest) : PAUSE.first
    this.#until = now + this.#pause
  }
}
