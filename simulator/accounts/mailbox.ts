import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Device } from './account.ts'

/** One stanza kept for a device until the device acknowledges it. */
export type Letter = {
  kind: 'message' | 'receipt' | 'notification'
  id: string
  /** Phone number of the account it came from, or jid of the newsletter. */
  from: string
  /** The jid of the group it was said in. */
  group?: string
  node: BinaryNode
  /** Phone-to-own-device messages go out after the offline marker, never as offline ones. */
  peer: boolean
  /** How often it was written to a socket. */
  sends: number
}

/** What the server keeps for one device, in order, with constant-time acknowledgement. */
export class Mailbox {
  readonly device: Device
  readonly #letters = new Set<Letter>()
  readonly #byKey = new Map<string, Letter[]>()

  constructor(device: Device) {
    this.device = device
  }

  get size(): number {
    return this.#letters.size
  }

  /** Everything kept, oldest first. */
  letters(): Iterable<Letter> {
    return this.#letters
  }

  put(letter: Letter): void {
    this.#letters.add(letter)
    const key = keyOf(letter.kind, letter.id, letter.from)
    const copies = this.#byKey.get(key)
    if (copies) copies.push(letter)
    else this.#byKey.set(key, [letter])
  }

  /**
   * Takes out the oldest written copy that an acknowledgement names. One acknowledgement frees one copy: a retry sends the same id
   * again, and the answer to the first copy must not free the second.
   */
  take(kind: Letter['kind'], id: string, from: string): Letter | undefined {
    const key = keyOf(kind, id, from)
    const copies = this.#byKey.get(key)
    const letter = copies?.[0]
    if (!copies || !letter || letter.sends === 0) return undefined
    copies.shift()
    if (copies.length === 0) this.#byKey.delete(key)
    this.#letters.delete(letter)
    return letter
  }
}

const keyOf = (kind: string, id: string, from: string) => `${kind}|${from}|${id}`
