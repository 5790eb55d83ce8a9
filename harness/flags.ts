/** A flag's value as a whole number. Throws a sentence that names the flag when it is none, or less than `least`. */
export function wholeNumber(
  flags: Record<string, string | boolean | undefined>,
  name: string,
  least = 1,
): number {
  const value = Number(flags[name])
  if (flags[name] !== '' && Number.isInteger(value) && value >= least) return value
  throw new Error(`--${name} must be a whole number of at least ${least}`)
}
