/** Which lanes are being drained by which node: one delivery of a lane at a time, whoever drains it. */
export interface LaneLeases {
  /** Resolves with whether this node may drain the lane now, until it has given it back as often as it took it. Never rejects. */
  take(lane: string): Promise<boolean>
  giveBack(lane: string): void
  /** Resolves once all that was given back is free. */
  flush(): Promise<void>
}
