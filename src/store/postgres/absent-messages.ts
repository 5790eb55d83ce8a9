import { bounded } from '../../base/bounded.ts'
import type { Write } from '../../ports/store.ts'

/** Keys of all streams that are remembered; each message in asks for one or two, and soon. */
const MAX_KEYS = 20_000

/** Keys that are being asked about. */
interface Reading {
  streamId: string
  keys: Set<string>
}

/**
 * Dedupe keys that no message has, as far as the table was asked lately. Only the owner of a stream writes its messages, so that none can
 * come that is not written here; what was remembered of one that had another owner meanwhile must be forgotten.
 */
export class AbsentMessages {
  readonly #absent = bounded<true>(MAX_KEYS)
  readonly #readings = new Set<Reading>()

  /** Whether it is known that no message has this key; false: the table has to be asked. */
  has(streamId: string, key: string): boolean {
    return this.#absent.has(nameOf(streamId, key))
  }

  /** Asks about these keys, among others; `taken` says which of them the answer has. */
  async learn<T>(
    streamId: string,
    keys: readonly string[],
    ask: () => Promise<T>,
    taken: (answer: T) => string[],
  ): Promise<T> {
    const reading = { streamId, keys: new Set(keys) }
    this.#readings.add(reading)
    try {
      const answer = await ask()
      for (const key of taken(answer)) reading.keys.delete(key)
      for (const key of reading.keys) this.#absent.set(nameOf(streamId, key), true)
      return answer
    } finally {
      this.#readings.delete(reading)
    }
  }

  /** A write was committed, or failed. What is being asked meanwhile may have been answered before. */
  settled({ streamId, messages = [] }: Pick<Write, 'streamId' | 'messages'>): void {
    for (const message of messages) if ('insert' in message) this.#written(streamId, message.insert.dedupeKey)
  }

  /** Another process may have written messages of this stream since. Sessions change hands seldom: all is asked anew. */
  forget(streamId: string): void {
    this.#absent.clear()
    for (const reading of this.#readings) if (reading.streamId === streamId) reading.keys.clear()
  }

  #written(streamId: string, key: string): void {
    this.#absent.delete(nameOf(streamId, key))
    for (const reading of this.#readings) if (reading.streamId === streamId) reading.keys.delete(key)
  }
}

const nameOf = (streamId: string, key: string) => `${streamId}/${key}`
