/**
 * Names in the order in which they came, each once. Taking the first costs the same however many there are; a Set would walk over
 * all that were taken before.
 */
export class Line implements Iterable<string> {
  readonly #places = new Map<string, number>()
  #names: (string | null)[] = []
  /** What was cut off in front, so that places stay what they are. */
  #cut = 0
  #head = 0

  get size(): number {
    return this.#places.size
  }

  has(name: string): boolean {
    return this.#places.has(name)
  }

  /** At the end, unless it is there already. */
  add(name: string): void {
    if (this.#places.has(name)) return
    this.#places.set(name, this.#cut + this.#names.length)
    this.#names.push(name)
  }

  /** True if it was there. */
  remove(name: string): boolean {
    const place = this.#places.get(name)
    if (place === undefined) return false
    this.#places.delete(name)
    this.#names[place - this.#cut] = null
    return true
  }

  /** Takes out the first; null if there is none. */
  take(): string | null {
    while (this.#head < this.#names.length) {
      const name = this.#names[this.#head++]!
      if (this.#head > 64 && this.#head * 2 > this.#names.length) this.#compact()
      if (name === null) continue
      this.#places.delete(name)
      return name
    }
    return null
  }

  clear(): void {
    this.#places.clear()
    this.#cut += this.#names.length
    this.#names = []
    this.#head = 0
  }

  *[Symbol.iterator](): Iterator<string> {
    for (let place = this.#head; place < this.#names.length; place++) {
      const name = this.#names[place]!
      if (name !== null) yield name
    }
  }

  #compact(): void {
    this.#names = this.#names.slice(this.#head)
    this.#cut += this.#head
    this.#head = 0
  }
}
