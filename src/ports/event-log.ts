import type { FactKind } from './dashboard/history.ts'

/** The facts of a session, in the order in which they happened. */
export interface EventLog {
  /** Rows after `seq` (exclusive), oldest first. */
  after(streamId: string, seq: number, limit: number): Promise<StoredEvent[]>
  /** The newest lifecycle row at or before `seq`. */
  stateAt(streamId: string, seq: number): Promise<StoredEvent | null>
  /** The seq of the oldest lifecycle row after `seq`. */
  nextState(streamId: string, seq: number): Promise<number | null>
  /**
   * Rows before `seq` (exclusive), newest first, without their contexts. With `kind` only lifecycle rows, or only the others; of those
   * a page may hold less because only so many rows are looked at. `next` is the `seq` of the next page, null: nothing is left.
   */
  before(
    streamId: string,
    seq: number,
    limit: number,
    kind: FactKind,
  ): Promise<{ rows: LoggedRow[]; next: number | null }>
}

/** A row without its context; `state` is present on lifecycle facts only. */
export type LoggedRow = Pick<StoredEvent, 'seq' | 'at' | 'type' | 'data'> & { state: string | null }

/** A row to append: `snapshot` is present on lifecycle facts only. */
export interface NewEvent {
  seq: number
  at: number
  type: string
  /** The fact's own fields. */
  data: Record<string, unknown>
  /** The machine after the fact; `state` is dotted (`awaitingQr.shown.throttled`), `context` JSON text. */
  snapshot: { state: string; context: string; machineVersion: string } | null
}

export interface StoredEvent extends NewEvent {
  streamId: string
}

/** A fact of whichever session, once it is committed. */
export interface CommittedFact extends StoredEvent {
  sessionId: string
  /** Its place among the facts of all sessions, from 1, in the order of their commits; some are left out. */
  position: number
}

/** The facts of all sessions, in the order in which they were committed. */
export interface CommittedFacts {
  /** Resolves once `head` of who follows then is behind nothing that was committed until now, on whichever node. Rejects as reads do. */
  catchUp(): Promise<void>
  /** Tells what is committed from now on, of all or of one stream: all after the position `head`. `ended`: it cannot be told further. */
  follow(
    tell: (fact: CommittedFact) => void,
    options?: { streamId?: string | null; ended?: () => void },
  ): { head: number; end(): void }
  /**
   * What was committed after the position `after`, up to `until` and without what retention removed; null if that is more than
   * `limit`. Of a session that was deleted only the deletion is told.
   */
  between(after: number, until: number, limit: number): Promise<CommittedFact[] | null>
}
