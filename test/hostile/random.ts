/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export type Random = () => number

export function seeded(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export const below = (random: Random, end: number): number => Math.floor(random() * end)
export const pick = <T>(random: Random, from: readonly T[]): T => from[below(random, from.length)]!
export const bytes = (random: Random, length: number): Uint8Array =>
  Uint8Array.from({ length }, () => below(random, 256))

/** Some bytes changed, put in, or cut out. */
export function mutate(random: Random, given: Uint8Array): Uint8Array {
  let changed = Buffer.from(given)
  for (let i = 0; i <= below(random, 3); i++) {
    const at = below(random, changed.length + 1)
    const inserted = bytes(random, below(random, 4))
    changed = Buffer.concat([changed.subarray(0, at), inserted, changed.subarray(at + below(random, 4))])
  }
  return random() < 0.1 ? changed.subarray(0, below(random, changed.length + 1)) : changed
}

const GIANT = 100_000
const WORDS = [
  ...['', ' ', '0', '-1', '1e309', 'NaN', '99999999999999999999', 'true', 'null', '[]', '{}'],
  ...['../../../etc/passwd', '..\\..\\windows', 'CON', 'a\0b', '\0', '/', '~', '%00', '%2e%2e%2f', 'a/b\nc'],
  ...[
    '\u202egnp.exe',
    '\u200f\u200e',
    '\ud800',
    '👩‍👩‍👧‍👦',
    '\ufeff',
    'é'.normalize('NFD'),
    '<script>x</script>',
    "'; DROP TABLE x",
  ],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty'],
  ...['@', '@s.whatsapp.net', 's.whatsapp.net', '@lid', '1@lid', '1:99@s.whatsapp.net', '1_1:2@lid', 'x@y@z'],
  ...[
    'status@broadcast',
    '1@broadcast',
    '120363000000000001@g.us',
    '1-2@g.us',
    '1@newsletter',
    '1@bot',
    ':@.',
  ],
]

/** Text as nobody should write it. */
export function text(random: Random): string {
  const kind = random()
  if (kind < 0.002) return pick(random, ['x', '\u202e', '👩', '\0']).repeat(GIANT)
  if (kind < 0.75) return pick(random, WORDS)
  return String.fromCharCode(...Array.from({ length: below(random, 20) }, () => below(random, 0xffff)))
}
