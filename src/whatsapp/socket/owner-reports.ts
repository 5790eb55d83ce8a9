import type { Logger } from 'pino'
import type { SendUpdate, SocketFact, SocketOwner } from '../../ports/whatsapp.ts'
import { summaryOf } from '../error-summary.ts'

/** What one socket tells its owner and the log; nothing reaches the owner after `silence()`. */
export class OwnerReports {
  readonly #owner: SocketOwner
  readonly #logger: Logger
  #pushName: string | null = null
  #silent = false

  constructor(owner: SocketOwner, logger: Logger) {
    this.#owner = owner
    this.#logger = logger
  }

  /** The account's name as the owner knows it. */
  get pushName(): string | null {
    return this.#pushName
  }

  fact(fact: SocketFact): void {
    if (this.#silent) return
    if (fact.type === 'socket.opened' || fact.type === 'socket.named') this.#pushName = fact.pushName
    try {
      this.#owner.report(fact)
    } catch (error) {
      this.log('error', summaryOf(error), 'the session failed to take a fact')
    }
  }

  /** Resolves once it is durable; rejects if the owner cannot say so, or listens no more. */
  messageStatus(update: SendUpdate): Promise<void> {
    const durable = this.#silent
      ? Promise.reject(new Error('The socket has ended for its owner'))
      : this.#owner.updated(update)
    // Most need not wait for it, and what fails is the owner's business.
    durable.catch(() => {})
    return durable
  }

  silence(): void {
    this.#silent = true
  }

  log(level: 'warn' | 'error', fields: object, sentence: string): void {
    this.#logger[level]({ session_id: this.#owner.sessionId, ...fields }, sentence)
  }
}
