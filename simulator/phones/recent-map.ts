/** A map that forgets its oldest entry above a size. */
export class RecentMap<T> extends Map<string, T> {
  readonly #most: number

  constructor(most: number) {
    super()
    this.#most = most
  }

  override set(id: string, value: T): this {
    super.set(id, value)
    if (this.size > this.#most) this.delete(this.keys().next().value!)
    return this
  }
}
