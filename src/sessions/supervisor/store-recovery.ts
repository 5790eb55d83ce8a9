import { GatewayError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { Problem } from '../../base/problem.ts'
import type { Rejoin } from '../../ports/cluster/residents.ts'
import type { Store } from '../../ports/store.ts'
import type { SessionRestorer } from './session-restorer.ts'

export interface StoreRecoveryDeps {
  store: Store
  logger: Logger
  restorer: SessionRestorer
  /** Present where several nodes share the store: then sessions come back as they are assigned. */
  rejoin?: Rejoin | undefined
  /** Stops every session, so that all can live again from their logs. */
  stopAll(): Promise<void>
  /** The store takes writes, and every session is restored. */
  recovered(): void
}

/** Tries a store that took no write, and knows why it did not. */
export class StoreRecovery {
  readonly #deps: StoreRecoveryDeps
  #failure: GatewayError | null = null
  /** One line for an outage, however many sessions notice it. */
  #told = false
  #trial: Promise<void> | null = null

  constructor(deps: StoreRecoveryDeps) {
    this.#deps = deps
  }

  /** A write failed, and this is why. */
  failed(error: unknown): void {
    if (error instanceof GatewayError) this.#failure = error
    if (this.#told) return
    this.#told = true
    this.#deps.logger.error({ code: 'STORE_FAILED' }, this.problem().message)
  }

  problem(): Problem {
    const why = this.#failure?.message ?? 'The store takes no writes'
    return {
      code: 'STORE_FAILED',
      message: `${why}. Every session stands still until the store takes writes; it is tried every 2 s.`,
      said: [{ says: this.#failure?.says ?? 'unclear', values: {} }],
    }
  }

  /** One trial at a time. */
  try(): void {
    this.#trial ??= this.#try().finally(() => {
      this.#trial = null
    })
  }

  /** Resolves once no trial runs. */
  async settled(): Promise<void> {
    await this.#trial
  }

  async #try(): Promise<void> {
    const { logger, restorer, rejoin, stopAll, recovered } = this.#deps
    try {
      if (rejoin === undefined) await this.#claimOne()
      await stopAll()
      await rejoin?.begin()
      const actors = rejoin === undefined ? await restorer.restoreAll() : []
      const outcomes = await Promise.allSettled(actors.map(actor => actor.durable()))
      for (const outcome of outcomes)
        if (outcome.status === 'rejected' && outcome.reason.code === 'STORE_FAILED') throw outcome.reason
      recovered()
      this.#told = false
      logger.info({ sessions: actors.length }, 'the store takes writes again, every session is restored')
    } catch (error) {
      this.failed(error)
      const code = error instanceof GatewayError ? error.code : 'INTERNAL'
      logger.debug({ code }, 'the store still takes no writes')
    }
  }
  /** Rejects if the store takes no writes. */
  async #claimOne(): Promise<void> {
    const { store } = this.#deps
    for await (const { streamId } of store.sessions.all()) {
      await store.claim(streamId)
      break
    }
  }
}
