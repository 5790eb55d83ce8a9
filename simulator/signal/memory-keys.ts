import type { SignalDataSet, SignalDataTypeMap, SignalKeyStoreWithTransaction } from '@whiskeysockets/baileys'

/** Signal keys in memory. Each endpoint does one thing at a time, so a transaction is just the work itself. */
export class MemoryKeys implements SignalKeyStoreWithTransaction {
  readonly #types = new Map<string, Map<string, unknown>>()

  get<T extends keyof SignalDataTypeMap>(type: T, ids: string[]): Record<string, SignalDataTypeMap[T]> {
    const values = this.#types.get(type)
    const found: Record<string, SignalDataTypeMap[T]> = {}
    for (const id of ids) {
      const value = values?.get(id)
      if (value !== undefined) found[id] = value as SignalDataTypeMap[T]
    }
    return found
  }

  set(data: SignalDataSet): void {
    for (const [type, entries] of Object.entries(data)) {
      const values = this.#types.get(type) ?? new Map<string, unknown>()
      this.#types.set(type, values)
      for (const [id, value] of Object.entries(entries)) {
        if (value === null) values.delete(id)
        else values.set(id, value)
      }
    }
  }

  /** Drops the sender keys whose names end so. */
  drop(ending: string): void {
    const senderKeys = this.#types.get('sender-key')
    for (const name of senderKeys?.keys() ?? []) if (name.endsWith(ending)) senderKeys?.delete(name)
  }

  isInTransaction(): boolean {
    return false
  }

  transaction<T>(work: () => Promise<T>): Promise<T> {
    return work()
  }
}
