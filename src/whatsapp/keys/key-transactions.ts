import { AsyncLocalStorage } from 'node:async_hooks'
import type { SignalKeyStore, SignalKeyStoreWithTransaction } from '@whiskeysockets/baileys'
import type { KeySet } from './auth-state.ts'

type Keys = Record<string, Record<string, unknown>>

/**
 * A key store under transactions, one at a time of each name: what one has written is seen by itself alone until it ends, then goes to
 * `stored` at once, or nowhere if it threw. One inside another is part of it. Baileys' own (addTransactionCapability) takes two mutexes for
 * each key that is read, and writes what was refused again, which may be after its socket was given up.
 */
export function withTransactions(stored: SignalKeyStore): SignalKeyStoreWithTransaction {
  const current = new AsyncLocalStorage<Keys>()
  const lastOf = new Map<string, Promise<void>>()
  return {
    async get(type, ids) {
      const found = await stored.get(type, ids)
      const written = current.getStore()?.[type]
      if (written === undefined) return found
      const own = ids.filter(id => Object.hasOwn(written, id)).map(id => [id, written[id]] as const)
      const gone = new Set(own.flatMap(([id, value]) => (value === null ? id : [])))
      const entries = [...Object.entries(found), ...own].filter(([id]) => !gone.has(id))
      return Object.fromEntries(entries) as typeof found
    },
    async set(data) {
      const written = current.getStore()
      if (written === undefined) return stored.set(data)
      for (const [type, values] of Object.entries(data)) written[type] = { ...written[type], ...values }
    },
    isInTransaction: () => current.getStore() !== undefined,
    async transaction(work, name) {
      if (current.getStore() !== undefined) return work()
      const last = lastOf.get(name)
      const { promise: ended, resolve: end } = Promise.withResolvers<void>()
      lastOf.set(name, ended)
      await last
      try {
        const written: Keys = {}
        const result = await current.run(written, work)
        if (Object.keys(written).length > 0) await stored.set(written as KeySet)
        return result
      } finally {
        if (lastOf.get(name) === ended) lastOf.delete(name)
        end()
      }
    },
  }
}
