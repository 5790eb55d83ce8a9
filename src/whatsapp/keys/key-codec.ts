import { BufferJSON, proto } from '@whiskeysockets/baileys'
import { SESSION_FORMAT } from '../../../patches/libsignal-session-bytes.ts'

/** First byte of a stored key: what follows. */
const RAW = 0
const JSON_TEXT = 1
const JSON_WITH_BYTES = 2

/** Types without bytes inside: reading them needs no reviver. Sessions were JSON once, and are stored as libsignal gives them. */
const PLAIN = new Set(['session', 'device-list', 'lid-mapping', 'sender-key-memory'])

/** A Signal key of Baileys as bytes for the store. */
export function encodeKey(type: string, value: unknown): Uint8Array {
  if (value instanceof Uint8Array) {
    if (value[0] === SESSION_FORMAT && type === 'session') return value
    if (!PLAIN.has(type)) return Buffer.concat([Buffer.of(RAW), value])
  }
  const plain = PLAIN.has(type)
  const text = JSON.stringify(value, plain ? undefined : BufferJSON.replacer)
  const bytes = Buffer.allocUnsafe(Buffer.byteLength(text) + 1)
  bytes[0] = plain ? JSON_TEXT : JSON_WITH_BYTES
  bytes.write(text, 1)
  return bytes
}

/** The reverse; throws on bytes that `encodeKey` did not make. */
export function decodeKey(type: string, stored: Uint8Array): unknown {
  // Whoever reads a session copies what it changes.
  if (stored[0] === SESSION_FORMAT && type === 'session') return stored
  const body = Buffer.from(stored.buffer, stored.byteOffset + 1, stored.byteLength - 1)
  switch (stored[0]) {
    case RAW:
      return Buffer.from(body)
    case JSON_TEXT:
      return JSON.parse(body.toString())
    case JSON_WITH_BYTES: {
      const value: unknown = JSON.parse(body.toString(), BufferJSON.reviver)
      // protobufjs writes its bytes as base64 text, and only its own reader takes them back.
      return type === 'app-state-sync-key'
        ? proto.Message.AppStateSyncKeyData.fromObject(value as Record<string, unknown>)
        : value
    }
    default:
      throw new Error(`unknown encoding of a stored ${type}`)
  }
}
