import { DatabaseSync } from 'node:sqlite'
import {
  type AuthenticationCreds,
  BufferJSON,
  proto,
  type SignalDataSet,
  type SignalDataTypeMap,
  type SignalKeyStore,
} from '@whiskeysockets/baileys'
import type { LoopStore } from './plain-loop-store.ts'

/**
 * Keys, credentials and messages in a SQLite file, as a careful script would keep them: with the usual setting, which survives a
 * kill -9 but not a loss of power (the manager survives both).
 */
export function inDatabase(file: string): LoopStore {
  const database = new DatabaseSync(file)
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS keys (
      number TEXT, type TEXT, id TEXT, value TEXT NOT NULL, PRIMARY KEY (number, type, id)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS creds (number TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS messages (
      number TEXT, id TEXT, direction TEXT NOT NULL, message TEXT NOT NULL, status INTEGER NOT NULL,
      PRIMARY KEY (number, id)
    ) WITHOUT ROWID;
  `)
  const readKey = database.prepare('SELECT value FROM keys WHERE number = ? AND type = ? AND id = ?')
  const writeKey = database.prepare('INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?)')
  const deleteKey = database.prepare('DELETE FROM keys WHERE number = ? AND type = ? AND id = ?')
  const readCreds = database.prepare('SELECT value FROM creds WHERE number = ?')
  const writeCreds = database.prepare('INSERT OR REPLACE INTO creds VALUES (?, ?)')
  const writeMessage = database.prepare('INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?, ?)')
  const writeStatus = database.prepare(
    'UPDATE messages SET status = max(status, ?) WHERE number = ? AND id = ?',
  )

  const keysOf = (number: string): SignalKeyStore => ({
    get(type, ids) {
      const found: Record<string, SignalDataTypeMap[typeof type]> = {}
      for (const id of ids) {
        const row = readKey.get(number, type, id)
        if (row !== undefined) found[id] = decodeKey(type, String(row.value))
      }
      return found
    },
    set(data: SignalDataSet) {
      database.exec('BEGIN IMMEDIATE')
      for (const [type, values] of Object.entries(data))
        for (const [id, value] of Object.entries(values ?? {}))
          if (value) writeKey.run(number, type, id, encode(value))
          else deleteKey.run(number, type, id)
      database.exec('COMMIT')
    },
  })

  return {
    authOf({ number, creds }) {
      const row = readCreds.get(number)
      const kept = row === undefined ? creds : (decode(String(row.value)) as AuthenticationCreds)
      return { creds: kept, keys: keysOf(number) }
    },
    saveCreds: (number, creds) => void writeCreds.run(number, encode(creds)),
    queued: (number, id, message) => void writeMessage.run(number, id, 'out', encode(message), 0),
    told: (number, id, status) => void writeStatus.run(status, number, id),
    received: (number, id, message) => void writeMessage.run(number, id, 'in', encode(message), 0),
    handedOn: (number, id) => void writeStatus.run(1, number, id),
  }
}

const encode = (value: unknown) => JSON.stringify(value, BufferJSON.replacer)
const decode = (text: string): unknown => JSON.parse(text, BufferJSON.reviver)

/** As Baileys' own `useMultiFileAuthState` does. */
function decodeKey<T extends keyof SignalDataTypeMap>(type: T, text: string): SignalDataTypeMap[T] {
  const value = decode(text)
  const key =
    type === 'app-state-sync-key' ? proto.Message.AppStateSyncKeyData.fromObject(value as object) : value
  return key as SignalDataTypeMap[T]
}
