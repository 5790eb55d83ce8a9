/** Work for all nodes that one of them does at a time. */
export interface Upkeep {
  /**
   * Does a work, unless another node is at it, or it was done to its end less than `everyMs` ago, on whichever node. Resolves with whether
   * it was done to its end here; rejects as it does. `goesOn` is false once this node may not go on with it.
   */
  run(work: string, everyMs: number, run: (goesOn: () => boolean) => Promise<boolean>): Promise<boolean>
}

/** Of a process that has its store to itself. */
export const ALONE: Upkeep = { run: (_, __, run) => run(() => true) }

/** Who is at which work, by leases of whole nodes. */
export interface UpkeepTable {
  /** Resolves with whether it is the node's now: nobody else is at it under a valid lease, and it was not done so lately. */
  take(node: string, work: string, everyMs: number): Promise<boolean>
  /** The node is at it no more; `done`: to its end. */
  end(node: string, work: string, done: boolean): Promise<void>
}
