import { GatewayError } from '../../base/errors.ts'
import type { Store, Write } from '../../ports/store.ts'

/** The part of a write that its author decides; stream and epoch are added here. */
export type StreamWrite = Omit<Write, 'streamId' | 'epoch'>

/** What changes in the same commit as facts; their rows come from the actor. */
export type Changes = Omit<StreamWrite, 'create' | 'events' | 'announced'>

export interface StreamIdentity {
  streamId: string
  epoch: number
  /** The newest row in the log; 0 for a stream that begins. */
  seq: number
}

/** Numbers a stream's rows, commits them in order and knows how far they are durable. */
export class Stream {
  readonly streamId: string
  readonly epoch: number
  /** The newest row, committed or not. */
  seq: number
  readonly #store: Pick<Store, 'commit'>
  readonly #onFailure: (failure: GatewayError) => void
  readonly #commits = new Map<number, Promise<void>>()
  #durable: number

  constructor(
    store: Pick<Store, 'commit'>,
    { streamId, epoch, seq }: StreamIdentity,
    onFailure: (failure: GatewayError) => void,
  ) {
    this.#store = store
    this.streamId = streamId
    this.epoch = epoch
    this.seq = seq
    this.#durable = seq
    this.#onFailure = onFailure
  }

  /** Hands a write to the store; its events must already have taken their `seq`. Resolves once durable. */
  commit(write: StreamWrite): Promise<void> {
    const { seq, streamId, epoch } = this
    const committed = this.#store.commit({ streamId, epoch, ...write }).then(
      () => {
        this.#durable = Math.max(this.#durable, seq)
        if (this.#commits.get(seq) === committed) this.#commits.delete(seq)
      },
      error => {
        const failure =
          error instanceof GatewayError
            ? error
            : new GatewayError('STORE_FAILED', 'The store failed.', { cause: error })
        this.#onFailure(failure)
        throw failure
      },
    )
    committed.catch(() => {})
    this.#commits.set(seq, committed)
    return committed
  }

  /** Resolves once the row `seq`, by default the newest, is durable; rejects if its commit failed. */
  async durable(seq = this.seq): Promise<void> {
    if (seq > this.#durable) await this.#commits.get(seq)
  }

  /** Resolves once no commit is under way, whatever came of it. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#commits.values())
  }
}

/** Whether an error is the store's, which the stream has told already. */
export const isStoreFault = (error: unknown): boolean =>
  error instanceof GatewayError && ['STORE_FAILED', 'SEQ_CONFLICT', 'EPOCH_CONFLICT'].includes(error.code)
