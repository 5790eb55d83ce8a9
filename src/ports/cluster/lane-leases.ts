import type { LaneHead } from '../delivery-table.ts'

/** Which lanes are being drained by which node: one delivery of a lane at a time, whoever drains it. */
export interface LaneLeases {
  /** Resolves with the lane if this node may drain it now, until it has given it back as often as it took it; else with null. Never rejects. */
  take(lane: string): Promise<TakenLane | null>
  giveBack(lane: string): void
  /** Resolves once all that was given back is free. */
  flush(): Promise<void>
}

export interface TakenLane {
  lane: string
  /** As it was when nobody else could drain it any more; not there where nobody looked. */
  head?: LaneHead
}
