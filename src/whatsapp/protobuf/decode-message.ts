import { proto } from '@whiskeysockets/baileys'
import { KNOWN_FIELDS } from './known-fields.ts'
import { NEWER_FIELDS, unknownField, type WholeMessage } from './newer-fields.ts'
import { fieldsIn, WireReader } from './wire-reader.ts'

/** Messages inside each other; what is deeper is hostile. */
const MAX_DEPTH = 8

/** Decodes a message with what Baileys' protobuf would leave out, also inside its wrappers. Throws when it is none. */
export function decodeMessage(bytes: Uint8Array): WholeMessage {
  const message: WholeMessage = proto.Message.decode(bytes)
  if (hasNewer(bytes)) addNewer(message, bytes, MAX_DEPTH)
  return message
}

/**
 * Whether something in an encoded message is newer than Baileys' protobuf. It looks at the tags only, so that it costs a plain text
 * next to nothing; false for what is no message.
 */
export function hasNewer(bytes: Uint8Array, depth = MAX_DEPTH): boolean {
  try {
    for (const reader = new WireReader(bytes); !reader.done; ) {
      const { number, bytes: value } = reader.next()
      const known = KNOWN_FIELDS.get(number)
      if (known === undefined) return true
      if (known.inside.size === 0 || value === null || depth === 0) continue
      for (const inner of fieldsIn(value))
        if (known.inside.has(inner.number) && inner.bytes && hasNewer(inner.bytes, depth - 1)) return true
    }
  } catch {
    // Baileys does not decode it either.
  }
  return false
}

function addNewer(message: WholeMessage, bytes: Uint8Array, depth: number): void {
  const all = message as Record<string, unknown>
  for (const { number, bytes: value } of readOr([], () => [...fieldsIn(bytes)])) {
    const known = KNOWN_FIELDS.get(number)
    const newer = NEWER_FIELDS.get(number)
    if (known) addInside(all[known.name], known.inside, value, depth)
    else if (newer && value) {
      all[newer.name] = readOr({}, () => newer.read(value))
      if (newer.inside) addInside(all[newer.name], new Map([[newer.inside, 'message']]), value, depth)
    } else all[unknownField(number)] = value ?? new Uint8Array(0)
  }
}

/** What lies in a wrapper, by the numbers and names of the fields of it that are messages. */
function addInside(
  wrapper: unknown,
  inside: ReadonlyMap<number, string>,
  bytes: Uint8Array | null,
  depth: number,
): void {
  if (inside.size === 0 || bytes === null || depth === 0) return
  for (const { number, bytes: value } of readOr([], () => [...fieldsIn(bytes)])) {
    const name = inside.get(number)
    const message = name && (wrapper as Record<string, WholeMessage | undefined>)[name]
    if (message && value) addNewer(message, value, depth - 1)
  }
}

/** Bytes that are not what their number says are nothing of it. */
function readOr<T>(nothing: T, read: () => T): T {
  try {
    return read()
  } catch {
    return nothing
  }
}
