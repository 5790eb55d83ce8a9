import { BufferJSON, proto } from '@whiskeysockets/baileys'
import { SenderKeyRecord } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-record.js'
import { keepSessionsAsBytes } from '../../../patches/libsignal-session-bytes.ts'
import { loadLibsignal } from '../../../patches/load-libsignal.ts'
import { shortenSenderKeyRecords } from '../patches/groups/sender-key-records.ts'
import type { KeyType } from './key-files.ts'

interface SessionRecord {
  deserialize(record: unknown): { serialize(): unknown }
}

const isBytes = (value: unknown) => value instanceof Uint8Array && value.length > 0
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What Baileys keeps under a type; sessions and sender keys are read whole in place of it. */
const CHECKS: Partial<Record<KeyType, (value: unknown) => boolean>> = {
  'pre-key': value => isRecord(value) && isBytes(value.public) && isBytes(value.private),
  'sender-key-memory': isRecord,
  'app-state-sync-key': value =>
    proto.Message.AppStateSyncKeyData.fromObject(value as object).keyData?.length === 32,
  'app-state-sync-version': value => isRecord(value) && isBytes(value.hash) && isRecord(value.indexValueMap),
  'lid-mapping': value => typeof value === 'string' && value !== '',
  'device-list': value => Array.isArray(value) && value.every(device => typeof device === 'string'),
  'identity-key': isBytes,
  tctoken: value => isRecord(value) && value.token instanceof Uint8Array,
}

/** The key in the text of one file, as the manager keeps it. Throws on anything that Baileys does not write. */
export function readKeyFile(type: KeyType, text: string): unknown {
  const value: unknown = JSON.parse(text, BufferJSON.reviver)
  if (type === 'session') return sessionRecord(value)
  if (type === 'sender-key') return senderKeyRecord(value)
  if (CHECKS[type]?.(value) !== true) throw new Error(`not what Baileys keeps as ${type}`)
  return value
}

/** Reading it whole shows whether it can be used. */
function sessionRecord(value: unknown): unknown {
  const sessions = isRecord(value) ? value._sessions : null
  if (!isRecord(sessions) && !isBytes(value)) throw new Error('not what libsignal keeps of a peer')
  keepSessionsAsBytes()
  return loadLibsignal<SessionRecord>('src/session_record.js').deserialize(value).serialize()
}

/** Baileys 6 keeps a list where 7 keeps its JSON as bytes. */
function senderKeyRecord(value: unknown): Buffer {
  shortenSenderKeyRecords()
  const bytes = value instanceof Uint8Array ? value : Buffer.from(JSON.stringify(value, BufferJSON.replacer))
  const states: unknown = SenderKeyRecord.deserialize(bytes).serialize()
  return Buffer.from(JSON.stringify(states))
}
