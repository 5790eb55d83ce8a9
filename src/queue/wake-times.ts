interface Entry {
  lane: string
  at: number
}

/** The times at which lanes want to be woken: a binary heap, where the earliest time of a lane wins. */
export class WakeTimes {
  readonly #due = new Map<string, number>()
  #heap: Entry[] = []

  get size(): number {
    return this.#due.size
  }

  add(lane: string, at: number): void {
    const known = this.#due.get(lane)
    if (known !== undefined && known <= at) return
    this.#due.set(lane, at)
    this.#push({ lane, at })
    if (this.#heap.length > 2 * this.#due.size + 64) this.#compact()
  }

  /** Entries of a removed lane stay in the heap until they surface or are compacted away. */
  remove(lane: string): void {
    this.#due.delete(lane)
  }

  /** The earliest time, or null. */
  next(): number | null {
    this.#dropStale()
    return this.#heap[0]?.at ?? null
  }

  /** Takes out one lane that is due at `now`, earliest first, or null. */
  take(now: number): string | null {
    this.#dropStale()
    const top = this.#heap[0]
    if (top === undefined || top.at > now) return null
    this.#due.delete(top.lane)
    this.#pop()
    return top.lane
  }

  #dropStale(): void {
    for (
      let top = this.#heap[0];
      top !== undefined && this.#due.get(top.lane) !== top.at;
      top = this.#heap[0]
    )
      this.#pop()
  }

  /** A sorted array is a heap. */
  #compact(): void {
    this.#heap = [...this.#due].map(([lane, at]) => ({ lane, at })).sort((a, b) => a.at - b.at)
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let index = heap.push(entry) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (heap[parent]!.at <= entry.at) break
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++
      if (heap[child]!.at >= last.at) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = last
  }
}
