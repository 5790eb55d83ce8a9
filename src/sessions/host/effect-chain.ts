import { GatewayError, isUnanswered } from '../../base/errors.ts'
import { isStoreFault, type Stream } from './stream.ts'

/** What an effect was caused by: it waits for that row's commit, and never runs when the transition threw. */
export interface Ticket {
  seq: number
  aborted: boolean
}

/** Effects of one session: each runs after its fact is durable, one after the other. What throws is a crash of the session. */
export class EffectChain {
  readonly #stream: Stream
  readonly #onCrash: (error: unknown) => void
  readonly #onStoreFailure: (failure: GatewayError) => void
  #last: Promise<void> = Promise.resolve()

  constructor(
    stream: Stream,
    onCrash: (error: unknown) => void,
    onStoreFailure: (failure: GatewayError) => void,
  ) {
    this.#stream = stream
    this.#onCrash = onCrash
    this.#onStoreFailure = onStoreFailure
  }

  /** Runs in order, after the ticket's fact is durable. */
  run(ticket: Ticket, effect: () => unknown): void {
    this.#last = this.#last.then(async () => {
      if (await this.#mayAct(ticket)) await this.guard(effect)
    })
  }

  /** The same, beside other effects: for questions and publications, which take their time. */
  runConcurrently(ticket: Ticket, effect: () => unknown): void {
    void Promise.resolve().then(async () => {
      if (await this.#mayAct(ticket)) await this.guard(effect)
    })
  }

  /** Clears up in the same order, durable or not: ending a socket tells the outside nothing that the log does not know. */
  cleanUp(effect: () => unknown): void {
    this.#last = this.#last.then(() => this.guard(effect))
  }

  /** Runs a callback of the outside; what it throws is this session's crash and nobody else's. */
  async guard(callback: () => unknown): Promise<void> {
    try {
      await callback()
    } catch (error) {
      const isOver = error instanceof GatewayError && error.code === 'SHUTTING_DOWN'
      // A read that nobody answered: nothing may overtake what waits for it.
      if (isUnanswered(error)) this.#onStoreFailure(error)
      else if (!isOver && !isStoreFault(error)) this.#onCrash(error)
    }
  }

  /** Resolves once everything that was asked for so far has run. */
  async idle(): Promise<void> {
    await this.#last
  }

  async #mayAct(ticket: Ticket): Promise<boolean> {
    if (ticket.aborted) return false
    return this.#stream.durable(ticket.seq).then(
      () => true,
      () => false,
    )
  }
}
