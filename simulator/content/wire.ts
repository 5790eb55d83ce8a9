/** A value on the wire: text, a number (a varint), bytes, a message, or several of them under one number. */
export type WireValue = string | number | bigint | boolean | Uint8Array | WireFields
/** A message by the numbers of its fields, for what is newer than the protobuf of Baileys, which drops what it does not know. */
export type WireFields = { [number: number]: WireValue | readonly WireValue[] }

const VARINT = 0
const LENGTH = 2

/** Encodes a message, its fields in the order of their numbers. Throws for a number that is no whole one of 0 or more. */
export function wire(fields: WireFields): Uint8Array {
  const parts: Uint8Array[] = []
  for (const [number, values] of Object.entries(fields))
    for (const value of Array.isArray(values) ? values : [values]) parts.push(field(Number(number), value))
  return Buffer.concat(parts)
}

function field(number: number, value: WireValue): Uint8Array {
  const tag = (type: number) => varint(BigInt(number) * 8n + BigInt(type))
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return Buffer.concat([tag(VARINT), varint(BigInt(value))])
  const bytes =
    typeof value === 'string' ? Buffer.from(value) : value instanceof Uint8Array ? value : wire(value)
  return Buffer.concat([tag(LENGTH), varint(BigInt(bytes.length)), bytes])
}

function varint(value: bigint): Uint8Array {
  if (value < 0n) throw new RangeError(`${value} is below 0`)
  const bytes: number[] = []
  for (let rest = value; bytes.length === 0 || rest > 0n; rest >>= 7n)
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0))
  return Uint8Array.from(bytes)
}
