/** An option of a command: what its value is, and what the help says of it. */
export interface Option<T> {
  /** What stands for the value in the help, `MS`; null where there is none. */
  readonly takes: string | null
  /** What it is unless given, in words; null where that goes without saying. */
  readonly unless: string | null
  readonly help: string
  /** Its value, from all that was given for it. Throws what is wrong, to be read after its name: `must be a number`. */
  read(given: readonly string[]): T
}

/** Off unless given. */
export const flag = (help: string): Option<boolean> => ({
  ...{ takes: null, unless: null, help },
  read: given => given.length > 0,
})

interface Range<Unless extends number | undefined = number> {
  /** What it is unless given. */
  default?: Unless
  /** 1 unless given. */
  least?: number
  most?: number
  /** Of the value, such as `ms`. */
  unit?: string
}

/** A whole number; undefined unless given where it has no default. */
export const wholeNumber = <Unless extends number | undefined = undefined>(
  help: string,
  range: Range<Unless>,
): Option<number | Unless> => ({
  ...ofRange(help, range),
  read: given => (given.length === 0 ? (range.default as Unless) : wholeIn(given.at(-1)!, range)),
})

/** A number with decimals, more than 0 and at most `most`. */
export const positiveNumber = (
  help: string,
  range: { default: number; most: number; unit: string },
): Option<number> => ({
  ...ofRange(help, range),
  read: given => {
    const value = Number(given.at(-1) ?? range.default)
    if (value > 0 && value <= range.most) return value
    throw new Error(`must be more than 0, at most ${range.most}`)
  },
})

function ofRange(help: string, { default: unless, unit = '' }: Range<number | undefined>) {
  const words = unless === undefined ? null : `${unless} ${unit}`.trim()
  return { takes: unit === '' ? 'N' : unit.toUpperCase(), unless: words, help }
}

function wholeIn(text: string, { least = 1, most }: Range<number | undefined>): number {
  const value = Number(text)
  const isIn = value >= least && value <= (most ?? Number.MAX_VALUE)
  if (text.trim() !== '' && Number.isInteger(value) && isIn) return value
  throw new Error(
    `must be a whole number of at least ${least}${most === undefined ? '' : `, at most ${most}`}`,
  )
}

/** Whole numbers, separated by commas. */
export const wholeNumbers = (help: string, unless: readonly number[]): Option<number[]> => ({
  ...{ takes: 'N,…', unless: unless.join(','), help },
  read: given => {
    if (given.length === 0) return [...unless]
    return given.flatMap(some => some.split(',').map(one => wholeIn(one, {})))
  },
})

/** Any text; undefined unless given. `takes` stands for it in the help. */
export const text = (takes: string, help: string): Option<string | undefined> => ({
  ...{ takes, unless: null, help },
  read: given => given.at(-1),
})

/** Any text with a default, which the help shows as `words`. */
export const textOr = (takes: string, unless: string, help: string, words = unless): Option<string> => ({
  ...{ takes, unless: words === '' ? null : words, help },
  read: given => given.at(-1) ?? unless,
})

/** A text that must be given; `question` says why. */
export const required = (takes: string, help: string, question: string): Option<string> => ({
  ...{ takes, unless: null, help },
  read: given => {
    const value = given.at(-1)
    if (!value) throw new Error(`is missing: ${question}`)
    return value
  },
})

/** Texts, separated by commas or each with the option's name before it. */
export const texts = (takes: string, help: string): Option<string[]> => ({
  ...{ takes: `${takes},…`, unless: null, help },
  read: given => given.flatMap(some => some.split(',')).filter(one => one !== ''),
})

/** One of some words, of which the first is the default. */
export const oneOf = <const T extends string>(words: readonly [T, ...T[]], help: string): Option<T> => ({
  ...{ takes: words.join('|'), unless: words[0], help },
  read: given => known(given.at(-1) ?? words[0], words),
})

/** Some of some words, separated by commas; all unless given, or `usual`. */
export const someOf = <const T extends string>(
  words: readonly T[],
  help: string,
  usual: readonly T[] = words,
): Option<T[]> => ({
  ...{
    takes: 'NAME,…',
    unless: usual === words ? 'all' : usual.join(','),
    help: `${help}: ${words.join(', ')}`,
  },
  read: given =>
    given
      .at(-1)
      ?.split(',')
      .map(one => known(one, words)) ?? [...usual],
})

/** The same; `none` is none of them. */
export const someOrNoneOf = <const T extends string>(words: readonly T[], help: string): Option<T[]> => {
  const some = someOf(words, help)
  return {
    ...{ ...some, help: `${some.help}, or none` },
    read: given => (given.at(-1) === 'none' ? [] : some.read(given)),
  }
}

function known<T extends string>(word: string, words: readonly T[]): T {
  const found = words.find(one => one === word)
  if (found !== undefined) return found
  throw new Error(`takes ${words.join(', ')}, not ${word}`)
}
