/** A field of an encoded message: the bytes of one with a length (a text, a message), the value of a number. */
export interface WireField {
  number: number
  bytes: Uint8Array | null
  varint: number | null
}

const VARINT = 0
const FIXED_64 = 1
const LENGTH = 2
const GROUP = 3
const GROUP_END = 4
const FIXED_32 = 5

/** Reads the tags of an encoded message and steps over their values; throws RangeError where the bytes are none. */
export class WireReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** The next field. */
  next(): WireField {
    const tag = this.#varint()
    const number = Math.floor(tag / 8)
    const type = tag % 8
    if (type === LENGTH) return { number, bytes: this.#take(this.#varint()), varint: null }
    if (type === VARINT) return { number, bytes: null, varint: this.#varint() }
    this.#skip(type)
    return { number, bytes: null, varint: null }
  }

  #skip(type: number): void {
    if (type === VARINT) this.#varint()
    else if (type === FIXED_64) this.#take(8)
    else if (type === FIXED_32) this.#take(4)
    else if (type === LENGTH) this.#take(this.#varint())
    else if (type === GROUP)
      for (let inner = this.#type(); inner !== GROUP_END; inner = this.#type()) this.#skip(inner)
    else throw new RangeError(`wire type ${type}`)
  }

  #type(): number {
    return this.#varint() % 8
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length
    if (end > this.#bytes.length) throw new RangeError('a field longer than its message')
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }

  #varint(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined || factor > 2 ** 63) throw new RangeError('a number without an end')
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
}

/** The fields of an encoded message, in order; throws RangeError where it is none. */
export function* fieldsIn(bytes: Uint8Array): Generator<WireField, void> {
  for (const reader = new WireReader(bytes); !reader.done; ) yield reader.next()
}
