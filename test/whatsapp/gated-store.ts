import type { Store, Write } from '../../src/ports/store.ts'

/** A store whose commits a test can hold back or refuse. */
export class GatedStore {
  readonly store: Store
  readonly writes: Write[] = []
  refuse: ((write: Write) => boolean) | undefined
  #held: { wanted: (write: Write) => boolean; reached: () => void; open: Promise<void> } | undefined

  constructor(store: Store) {
    this.store = {
      ...store,
      commit: async write => {
        this.writes.push(write)
        if (this.refuse?.(write)) throw new Error('disk full')
        const held = this.#held
        if (held?.wanted(write)) {
          held.reached()
          await held.open
        }
        return store.commit(write)
      },
    }
  }

  /** Holds the writes that are `wanted`; `reached` resolves at the first of them, `release` lets them through. */
  hold(wanted: (write: Write) => boolean) {
    const reached = Promise.withResolvers<void>()
    const open = Promise.withResolvers<void>()
    this.#held = { wanted, reached: reached.resolve, open: open.promise }
    return {
      reached: reached.promise,
      release: () => {
        this.#held = undefined
        open.resolve()
      },
    }
  }
}
