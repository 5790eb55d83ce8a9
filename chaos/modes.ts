import { GatewayError } from '../src/base/errors.ts'
import type { OwnerTable } from '../src/ports/cluster/owner-table.ts'
import type { Store } from '../src/ports/store.ts'

/** `safe` is the product; each of the others leaves out a promise, to show that the ledger can fail. */
export const MODES = ['safe', 'naive', 'unfenced'] as const
export type Mode = (typeof MODES)[number]

/** A node of mode `unfenced` believes so many times as long in its lease as the database grants it. */
export const BELIEVES = 20
const EPOCHS = 50

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

/** Leases of a node that asks for longer ones than it gets. */
export const shortLeases = (table: OwnerTable): OwnerTable => ({
  ...table,
  join: (node, leaseMs) => table.join(node, leaseMs / BELIEVES),
  renew: (node, leaseMs, counted) => table.renew(node, leaseMs / BELIEVES, counted),
})
