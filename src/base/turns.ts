/** Begins each piece of work once the one before it has come to its end, whatever that was. */
export type Turns = <Result>(work: () => Promise<Result>) => Promise<Result>

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return work => {
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }
}

/** Turns of its own for each owner, for as long as that lives. */
export function turnsOfEach<Owner extends object>(): (owner: Owner) => Turns {
  const all = new WeakMap<Owner, Turns>()
  return owner => {
    const turns = all.get(owner) ?? createTurns()
    all.set(owner, turns)
    return turns
  }
}
