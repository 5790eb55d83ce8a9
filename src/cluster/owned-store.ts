import type { Store } from '../ports/store.ts'
import type { Ownership } from './ownership.ts'

/** The store, whose sessions have owners. */
export function ownedStore(store: Store, ownership: Pick<Ownership, 'ownName' | 'claim'>): Store {
  return {
    ...store,
    commit: async write => {
      if (write.create === undefined) return store.commit(write)
      return store.commit({ ...write, create: { ...write.create, owner: ownership.ownName } })
    },
    claim: async streamId => {
      const epoch = await ownership.claim(streamId)
      store.forget(streamId)
      return epoch
    },
  }
}
