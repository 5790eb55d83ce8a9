import type { Synchronous } from '../../src/store/asynchronous.ts'

/** Turns of the microtask queue that answers take, one after the other: so they overtake each other. */
export const OVERTAKING = [3, 1, 7, 2, 12, 5, 0]
/** The same for all, which come in the order in which they were asked for. */
export const IN_ORDER = [3]

/**
 * Reads of a fake, answered as by a store far away: some turns of the microtask queue after the call, every other one with what stood there
 * at the call, the rest with what stands there by then. A fake that answered in the same turn would hide every race.
 */
export function lateAnswers<Reads extends object>(reads: Synchronous<Reads>, waits = OVERTAKING): Reads {
  let count = 0
  const late =
    (read: (...given: unknown[]) => unknown) =>
    async (...given: unknown[]) => {
      const number = count++
      const early = number % 2 === 0
      const stood = early ? read(...given) : null
      for (let turn = waits[number % waits.length]!; turn > 0; turn--) await null
      return early ? stood : read(...given)
    }
  const named: [string, (...given: unknown[]) => unknown][] = Object.entries(reads)
  return Object.fromEntries(named.map(([name, read]) => [name, late(read)])) as Reads
}
