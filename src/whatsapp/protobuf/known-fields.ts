import { proto } from '@whiskeysockets/baileys'

/** Numbers tried, and those under which a wrapper may hold its message (2: a copy of an own device's, 14: an edit). */
const NUMBERS = 256
const INSIDE = [1, 2, 14]

/** A field that Baileys decodes; `inside` are the fields of it, by number, that are messages again. */
export interface KnownField {
  name: string
  inside: ReadonlyMap<number, string>
}

/** What Baileys' protobuf knows of a message, by number: it has no list, but leaves behind what it decodes. */
export const KNOWN_FIELDS: ReadonlyMap<number, KnownField> = new Map(
  Array.from({ length: NUMBERS }, (_, number) => number)
    .slice(1)
    .flatMap((number): [number, KnownField][] => {
      const [name] = Object.keys(decoded(field(number, [])))
      return name === undefined ? [] : [[number, { name, inside: insideOf(number, name) }]]
    }),
)

function insideOf(number: number, name: string): Map<number, string> {
  const found = new Map<number, string>()
  for (const inner of INSIDE) {
    const value = decoded(field(number, field(inner, [])))[name]
    for (const [key, message] of Object.entries(typeof value === 'object' && value !== null ? value : {}))
      if (message instanceof proto.Message) found.set(inner, key)
  }
  return found
}

function decoded(bytes: number[]): Record<string, unknown> {
  try {
    return proto.Message.decode(Uint8Array.from(bytes)) as unknown as Record<string, unknown>
  } catch {
    // Not a field with a length.
    return {}
  }
}

/** Fewer than 128 bytes of content. */
function field(number: number, content: number[]): number[] {
  const tag = number * 8 + 2
  return [...(tag < 128 ? [tag] : [(tag & 127) | 128, tag >> 7]), content.length, ...content]
}
