import type { SignalDataSet, SignalDataTypeMap, SignalKeyStore } from '@whiskeysockets/baileys'
import type { LoopStore } from './plain-loop-store.ts'

/** Keys in memory, messages nowhere. */
export function inMemory(): LoopStore {
  const nothing = () => {}
  return {
    authOf: ({ creds }) => ({ creds, keys: keysInMemory() }),
    saveCreds: nothing,
    queued: nothing,
    told: nothing,
    received: nothing,
    handedOn: nothing,
  }
}

function keysInMemory(): SignalKeyStore {
  const types: { [T in keyof SignalDataTypeMap]?: Record<string, SignalDataTypeMap[T] | null> } = {}
  return {
    get(type, ids) {
      const found: Record<string, SignalDataTypeMap[typeof type]> = {}
      for (const id of ids) {
        const value = types[type]?.[id]
        if (value) found[id] = value
      }
      return found
    },
    set(data: SignalDataSet) {
      for (const [type, values] of Object.entries(data)) {
        const known = types as Record<string, object>
        known[type] = Object.assign(known[type] ?? {}, values)
      }
    },
  }
}
