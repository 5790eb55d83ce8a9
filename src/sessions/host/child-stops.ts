/** What a machine's children must do when they stop, also when the actor dies without stopping them. */
export class ChildStops {
  readonly #stops = new Set<() => void>()

  /** Registers a child; the returned function runs `stop`, once. */
  add(stop: () => void): () => void {
    const once = () => {
      if (this.#stops.delete(once)) stop()
    }
    this.#stops.add(once)
    return once
  }

  runAll(): void {
    for (const stop of [...this.#stops]) stop()
  }
}
