import { GatewayError } from '../src/base/errors.ts'
import type { Members, NodeNews, OwnerTable } from '../src/ports/cluster/owner-table.ts'
import type { Store } from '../src/ports/store.ts'

/** `safe` is the product; each of the others leaves out a promise, to show that the ledger can fail. */
export const MODES = ['safe', 'naive', 'unfenced'] as const
export type Mode = (typeof MODES)[number]

/** A node of mode `unfenced` believes so many times as long in its lease as the database grants it. */
export const BELIEVES = 20
const EPOCHS = 50
/** In a lease. */
const RENEWALS = 3

/** A store as most gateways have it: what was decrypted is acknowledged at once, and kept when the upsert handler stores it. */
export function storeWithoutInbox(store: Store): Store {
  return {
    ...store,
    commit({ inbox, ...write }) {
      const committed = store.commit(write)
      return inbox?.some(row => 'put' in row) ? Promise.resolve() : committed
    },
  }
}

/** A store that takes what an owner still writes that is none any more. */
export const storeWithoutFence = (store: Store): Store => ({
  ...store,
  async commit(write) {
    for (let raised = 0; ; raised++) {
      try {
        return await store.commit({ ...write, epoch: write.epoch + raised })
      } catch (error) {
        const isStale = error instanceof GatewayError && error.code === 'EPOCH_CONFLICT'
        if (!isStale || raised === EPOCHS) throw error
      }
    }
  },
})

/** Owners of a node that never hears that its lease is over: it was renewed in time, or so it believes. */
export function stubbornOwners(table: OwnerTable): OwnerTable {
  let known: Members | null = null
  /** As the node said it last. */
  let news: NodeNews | null = null
  const renew: OwnerTable['renew'] = async (node, leaseMs, counted) => {
    news = counted
    known = (await table.renew(node, leaseMs / BELIEVES, counted).catch(() => null)) ?? known
    return known
  }
  return {
    ...table,
    async join(node, leaseMs) {
      await table.join(node, leaseMs / BELIEVES)
      const again = () => news && void renew(node.node, leaseMs, news)
      setInterval(again, leaseMs / BELIEVES / RENEWALS).unref()
    },
    renew,
  }
}
