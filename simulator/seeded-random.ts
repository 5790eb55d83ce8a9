import { createHash } from 'node:crypto'

export type SeededRandom = ReturnType<typeof createSeededRandom>

type Purpose = (string | number)[]

/** Chance that depends on the seed and on what it decides, never on the order in which it is asked. */
export function createSeededRandom(seed: string) {
  const digest = (purpose: Purpose) =>
    createHash('sha256')
      .update([seed, ...purpose].join('|'))
      .digest()
  /** From 0 (inclusive) to 1 (exclusive). */
  const share = (...purpose: Purpose): number => digest(purpose).readUIntBE(0, 6) / 2 ** 48
  return {
    seed,
    share,
    /** A whole number, both ends included. */
    between: (least: number, most: number, ...purpose: Purpose): number =>
      least + Math.floor(share(...purpose) * (most - least + 1)),
    /** So many hexadecimal digits, at most 64. */
    hex: (digits: number, ...purpose: Purpose): string =>
      digest(purpose).toString('hex').toUpperCase().slice(0, digits),
    pick: <T>(options: readonly T[], ...purpose: Purpose): T =>
      options[Math.floor(share(...purpose) * options.length)]!,
    shuffled: <T>(options: readonly T[], ...purpose: Purpose): T[] =>
      options
        .map((option, i) => ({ option, at: share(...purpose, i) }))
        .sort((a, b) => a.at - b.at)
        .map(({ option }) => option),
  }
}
