import type { InboxRow } from '../../ports/key-store.ts'

/** Sealed messages of a session that wait at once; for one more the oldest is given up. */
const MAX_WAITING = 100

/**
 * Sealed messages whose originals are still to come: their inbox rows stay unfinished, through crashes and disconnects, until they
 * can be opened or are given up.
 */
export class AwaitedOriginals {
  readonly #rows = new Map<string, { row: InboxRow; original: string }>()

  /** Lets rows wait for the messages of these ids. Returns the hashes of those that are given up for them. */
  wait(waiting: readonly { row: InboxRow; original: string }[]): string[] {
    for (const one of waiting) this.#rows.set(one.row.hash, one)
    const over = Math.max(0, this.#rows.size - MAX_WAITING)
    return [...this.#rows.keys()].slice(0, over).filter(hash => this.#rows.delete(hash))
  }

  /** The rows that waited for one of these messages, oldest first; they wait no more. */
  take(messages: readonly { message: { message_id: string } }[]): InboxRow[] {
    if (this.#rows.size === 0) return []
    const arrived = new Set(messages.map(({ message }) => message.message_id))
    return [...this.#rows.values()].flatMap(({ row, original }) =>
      arrived.has(original) && this.#rows.delete(row.hash) ? [row] : [],
    )
  }
}
