/** The facts of a session, in the order in which they happened. */
export interface EventLog {
  /** Rows after `seq` (exclusive), oldest first. */
  after(streamId: string, seq: number, limit: number): StoredEvent[]
  /** The newest lifecycle row at or before `seq`. */
  stateAt(streamId: string, seq: number): StoredEvent | null
}

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
