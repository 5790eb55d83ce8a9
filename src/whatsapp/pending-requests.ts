import type { Clock } from '../base/clock.ts'
import { GatewayError } from '../base/errors.ts'

/** What one socket was asked for and has not answered: Baileys leaves it hanging when the socket ends, and some of it for ever. */
export class PendingRequests {
  readonly #clock: Clock
  readonly #rejects = new Set<(error: GatewayError) => void>()
  #ended: GatewayError | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Rejects with a retryable SESSION_NOT_CONNECTED when the socket ends first, or after `ms`. */
  run<T>(work: () => Promise<T>, ms: number): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended)
    return new Promise<T>((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => reject(notConnected('WhatsApp did not answer in time')), ms)
      this.#rejects.add(reject)
      const settled = () => {
        this.#clock.clearTimeout(timer)
        this.#rejects.delete(reject)
      }
      work().finally(settled).then(resolve, reject)
    })
  }

  /** Rejects what is in flight and all that comes. */
  end(): void {
    this.#ended ??= notConnected('The connection ended before WhatsApp answered')
    for (const reject of this.#rejects) reject(this.#ended)
    this.#rejects.clear()
  }
}

const notConnected = (sentence: string) =>
  new GatewayError('SESSION_NOT_CONNECTED', sentence, { retryable: true })
