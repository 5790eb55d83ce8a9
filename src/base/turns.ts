/** Asynchronous work one after the other, in the order in which it was asked for; what fails stops nothing behind it. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /** Settles as `work` does, which begins once all that was asked for before has ended. */
  take<T>(work: () => Promise<T> | T): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => {})
    return turn
  }

  /** Resolves when all that was asked for until now has ended. */
  async settled(): Promise<void> {
    await this.#last
  }
}

/** Turns of its own for each owner, for as long as that lives. */
export function turnsOfEach<Owner extends object>(): (owner: Owner) => Turns {
  const all = new WeakMap<Owner, Turns>()
  return owner => {
    const turns = all.get(owner) ?? new Turns()
    all.set(owner, turns)
    return turns
  }
}
