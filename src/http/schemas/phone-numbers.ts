/** What stands between the digits of a number as people write it: spaces, hyphens, dots, slashes, parentheses. */
const GROUPING = /[\p{Zs}\p{Pd}\u2212./()]/gu
/** Marks of direction, which come along where a number is copied from a phone. */
const INVISIBLE = /\p{Cf}/gu
const LIKE_THIS = 'such as +34 600 000 002'

export const NO_NUMBER = 'must be 5 to 20 digits'

/** Digits with their country's code, and whether a plus stood before them; or what is wrong, as a sentence about the field. */
export type ReadNumber = { digits: string; plus: boolean } | { problem: string }

/**
 * Reads a phone number as people write it, `+34 600 000 002` or `(+57) 300-123-4567`, where its country is beyond doubt: behind a plus, or
 * as bare digits, which are the whole number. Groups without a plus are how people write numbers of their own country; and what 00 leads
 * to differs: in Colombia or Brazil the digits behind it name a carrier.
 */
export function readPhoneNumber(text: string): ReadNumber {
  const seen = text.replace(INVISIBLE, '').trim()
  const bare = seen.replace(GROUPING, '')
  const digits = bare.replace('+', '')
  if (!/^\+?\d{5,20}$/.test(bare)) return { problem: NO_NUMBER }
  if (digits.startsWith('00'))
    return { problem: `must begin with + and the country code in place of 00, ${LIKE_THIS}` }
  if (digits.startsWith('0'))
    return { problem: `must begin with the country code and not with 0, ${LIKE_THIS}` }
  if (/\(\s*0\s*\)/.test(seen)) return { problem: `must be without the (0), ${LIKE_THIS}` }
  const plus = bare !== digits
  if (!plus && bare !== seen)
    return { problem: `must begin with + and the country code when it is written in groups, ${LIKE_THIS}` }
  return { digits, plus }
}
