import type { BinaryNode } from '@whiskeysockets/baileys'

/** One stanza kept for a device until the device acknowledges it. */
export type KeptStanza = {
  kind: 'message' | 'receipt' | 'notification' | 'call'
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
  /** It was last written as something that had waited. */
  offline?: boolean
  /** It was acknowledged, and something else is due. */
  acked?: true
}

/** What the server keeps for one device, in order, with constant-time acknowledgement. */
export class Mailbox {
  readonly #stanzas = new Set<KeptStanza>()
  readonly #byKey = new Map<string, KeptStanza[]>()

  get size(): number {
    return this.#stanzas.size
  }

  /** Everything kept, oldest first. */
  stanzas(): Iterable<KeptStanza> {
    return this.#stanzas
  }

  put(stanza: KeptStanza): void {
    this.#stanzas.add(stanza)
    const key = keyOf(stanza.kind, stanza.id, stanza.from)
    const copies = this.#byKey.get(key)
    if (copies) copies.push(stanza)
    else this.#byKey.set(key, [stanza])
  }

  /** The oldest written copy that an acknowledgement names. */
  find(kind: KeptStanza['kind'], id: string, from: string): KeptStanza | undefined {
    const kept = this.#byKey.get(keyOf(kind, id, from))?.[0]
    return kept && kept.sends > 0 ? kept : undefined
  }

  /**
   * Takes out the oldest written copy that an acknowledgement names. One acknowledgement frees one copy: a retry sends the same id
   * again, and the answer to the first copy must not free the second.
   */
  take(kind: KeptStanza['kind'], id: string, from: string): KeptStanza | undefined {
    const key = keyOf(kind, id, from)
    const copies = this.#byKey.get(key)
    const stanza = this.find(kind, id, from)
    if (!copies || !stanza) return undefined
    copies.shift()
    if (copies.length === 0) this.#byKey.delete(key)
    this.#stanzas.delete(stanza)
    return stanza
  }
}

const keyOf = (kind: string, id: string, from: string) => `${kind}|${from}|${id}`
