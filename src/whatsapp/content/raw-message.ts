import { isUtf8 } from 'node:buffer'
import type { WholeMessage } from '../protobuf/newer-fields.ts'
import { fieldsIn } from '../protobuf/wire-reader.ts'

/** Which messages are told with all that was decoded. */
export type RawKind = 'none' | 'unsupported' | 'all'

/** Characters of a raw message in JSON, at most. */
const MAX_LENGTH = 128 * 1024
/** Messages in messages; nobody nests more. */
const MAX_DEPTH = 40
/** Bytes of a key of a file and of a message's secret. */
const KEY_BYTES = 32

/** Fields that are keys, or may have some in them, wherever they stand; a test decides on every field of bytes in Baileys' protobuf. */
export const LEFT_OUT: ReadonlySet<string> = new Set([
  'mediaKey',
  'artworkMediaKey',
  'attachmentMediaKey',
  'encKey',
  'callKey',
  'masterKey',
  'messageSecret',
  'botMessageSecret',
  'ephemeralSharedSecret',
  'senderKeyDistributionMessage',
  'fastRatchetKeySenderKeyDistributionMessage',
  'axolotlSenderKeyDistributionMessage',
  'groupRootKeyShare',
  'rootSecretDistributeMessage',
  'keyData',
  'acAuthTokens',
  'encryptedSignalTokenConsented',
  'nonce',
  // Whole messages and states, encoded, with keys in them.
  'webMessageInfoBytes',
  'initialHistBootstrapInlinePayload',
  'collectionSnapshot',
  'encodedMappingPayload',
])

/**
 * A decoded message as JSON, bytes in base64, keys left out; what nobody here knows as its bytes, under `field` and its number. Of what
 * is too long only that it is.
 */
export function rawMessage(message: WholeMessage): Record<string, unknown> {
  const raw = jsonOf(message, MAX_DEPTH) as Record<string, unknown>
  const length = JSON.stringify(raw).length
  return length <= MAX_LENGTH ? raw : { left_out: `${length} characters are more than ${MAX_LENGTH}` }
}

function jsonOf(value: unknown, depth: number): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (typeof value !== 'object' || value === null) return value
  if (isLong(value)) return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (depth === 0) return undefined
  if (Array.isArray(value)) return value.map(one => jsonOf(one, depth - 1))
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([name, one]) => !LEFT_OUT.has(name) && one !== null && !(Array.isArray(one) && one.length === 0),
      )
      .map(([name, one]) => [name, jsonOf(isUnread(name, one) ? withoutKeys(one) : one, depth - 1)]),
  )
}

/** How protobufjs gives numbers of 64 bits. */
const isLong = (value: object): boolean => 'low' in value && 'high' in value && 'unsigned' in value

/** A message that nobody here decodes. */
const isUnread = (name: string, value: unknown): value is Uint8Array =>
  value instanceof Uint8Array && /^field \d+$|(?:Message|Metadata)$/.test(name)

/** The same bytes, zeros where a key may stand: what is as long as one and no text. */
function withoutKeys(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes)
  blankKeys(copy, MAX_DEPTH)
  return copy
}

function blankKeys(bytes: Uint8Array, depth: number): void {
  try {
    for (const { bytes: value } of fieldsIn(bytes)) {
      if (value === null) continue
      if (value.length === KEY_BYTES && !isUtf8(value)) value.fill(0)
      else if (depth > 0) blankKeys(value, depth - 1)
    }
  } catch {
    // No message: a text, or bytes of another kind.
  }
}
