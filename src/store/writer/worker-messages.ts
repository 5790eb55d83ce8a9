import type { DeliveryOutcome } from '../../ports/delivery-table.ts'
import type { DownloadOutcome } from '../../ports/download-table.ts'
import type { MediaChange } from '../../ports/media/media-store.ts'
import type { PruneRequest, PruneStep } from '../../ports/store.ts'
import type { EncodedWrite } from '../encoded-write.ts'
import type { Failure } from '../failures.ts'

/** What the main thread and the writer's thread tell each other. */

export interface WriterOptions {
  /** Upper limit of the file in pages of 4 KiB. */
  maxPages: number | null
  /** Done inbox rows stay whole, for as long as they are known. */
  keepsDone: boolean
}

export type Request =
  | { write: EncodedWrite }
  | { claim: string }
  | { eraseBodies: { before: number; limit: number } }
  | { eraseDeleted: { limit: number } }
  | { prune: PruneRequest }
  | { media: MediaChange[] }
  | { settle: { id: number; outcome: DeliveryOutcome } }
  | { downloaded: { streamId: string; seq: number; outcome: DownloadOutcome } }

/** Requests in a row; `seen` is the number of answers that the sender knew when it made them. */
export interface Batch {
  seen: number
  now: number
  requests: Request[]
}

/** All that waited in one turn; `close` ends the thread once all batches before it are committed. */
export type Command = Batch[] | 'close'

/** A write's last position, a new epoch, a number of what was erased, or what a step of pruning did. */
export type Result = number | PruneStep

/** The oldest `count` requests are done; those not listed as failed worked. */
export interface Done {
  count: number
  failed: [index: number, failure: Failure][]
  /** Of those that have one. */
  results: [index: number, result: Result][]
  /** Why something that is too old could not be forgotten. */
  unforgotten?: string
}

export type Answer = { ready: true } | { broken: Failure } | Done
