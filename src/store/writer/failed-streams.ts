import type { EncodedWrite } from '../encoded-write.ts'
import type { Failure } from '../failures.ts'

interface Failed {
  /** Number of the request, counted from the first ever. */
  number: number
  epoch: number
  failure: Failure
}

/**
 * Refuses what follows a failed write of the same stream until the sender has seen the failure: later writes were
 * made in the belief that the earlier ones happen. A newer owner of the stream is not held to that.
 */
export class FailedStreams {
  #failed = new Map<string, Failed>()

  /** Why this write is refused, or null; `seen` is the number of answers its sender knew. */
  refuses({ streamId, epoch }: EncodedWrite, seen: number): Failure | null {
    const failed = this.#failed.get(streamId)
    return failed && failed.number >= seen && epoch <= failed.epoch ? failed.failure : null
  }

  add({ streamId, epoch }: EncodedWrite, number: number, failure: Failure): void {
    this.#failed.set(streamId, { number, epoch, failure })
  }

  /** The returned function takes back what was added since: it did not happen. */
  checkpoint(): () => void {
    const failed = new Map(this.#failed)
    return () => {
      this.#failed = new Map(failed)
    }
  }

  /** Forgets failures that every later request knows of. */
  forget(seen: number): void {
    for (const [streamId, { number }] of this.#failed) if (number < seen) this.#failed.delete(streamId)
  }
}
