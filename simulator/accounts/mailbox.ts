import type { BinaryNode } from '@whiskeysockets/baileys'
import { owedFor, settledBy } from './acknowledgement.ts'
import type { KeptStanza, Owed } from './kept-stanza.ts'

/** A stanza to be kept; what is owed follows from the stanza unless given. */
export type NewStanza = Pick<KeptStanza, 'kind' | 'id' | 'from' | 'node' | 'peer'> & {
  group?: string
  owed?: Owed[]
  isCopy?: true
}

/** What an answer of a device did: the stanza that is done with, or why it settled nothing; undefined when it names none. */
export type Settled = { kept: KeptStanza; done: boolean } | { kept: KeptStanza; why: string } | undefined

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

  put({ owed, ...about }: NewStanza): KeptStanza {
    const stanza: KeptStanza = {
      ...about,
      owed: new Set(owed ?? owedFor(about.node)),
      retried: false,
      sends: 0,
    }
    this.#stanzas.add(stanza)
    const key = keyOf(stanza.kind, stanza.id)
    const copies = this.#byKey.get(key)
    if (copies) copies.push(stanza)
    else this.#byKey.set(key, [stanza])
    return stanza
  }

  /**
   * Takes an ack or a receipt: the oldest written copy that it settles is freed once nothing more is owed for it. One
   * acknowledgement frees one copy: a retry sends the same id again, and the answer to the first copy must not free the second. A
   * receipt for the second also frees the one that could not be read.
   */
  settle(kind: KeptStanza['kind'], id: string, answer: BinaryNode): Settled {
    const written = (this.#byKey.get(keyOf(kind, id)) ?? []).filter(({ sends }) => sends > 0)
    const isReceipt = answer.tag === 'receipt'
    const copies = isReceipt ? written.toSorted((a, b) => Number(a.retried) - Number(b.retried)) : written
    let wrong: Settled
    for (const kept of copies) {
      const result = settledBy(kept, answer)
      if ('why' in result) {
        wrong ??= { kept, why: result.why }
        continue
      }
      kept.owed.delete(result.owed)
      const done = kept.owed.size === 0
      if (done) this.#remove(kept)
      if (isReceipt) for (const unread of copies) if (unread.retried && unread !== kept) this.#remove(unread)
      return { kept, done }
    }
    return wrong
  }

  /** The device asked for a message again: an ack without an error is now the right answer to the copy it could not read. */
  noteRetry(id: string): void {
    for (const kept of this.#byKey.get(keyOf('message', id)) ?? []) if (kept.sends > 0) kept.retried = true
  }

  #remove(kept: KeptStanza) {
    const key = keyOf(kept.kind, kept.id)
    const left = (this.#byKey.get(key) ?? []).filter(copy => copy !== kept)
    if (left.length > 0) this.#byKey.set(key, left)
    else this.#byKey.delete(key)
    this.#stanzas.delete(kept)
  }
}

const keyOf = (kind: string, id: string) => `${kind}|${id}`
