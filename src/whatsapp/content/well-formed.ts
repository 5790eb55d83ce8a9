/**
 * The same value with texts that are Unicode: half of a pair of surrogates, which a peer may write, becomes U+FFFD. PHP's `json_decode`
 * refuses a whole body for one of them.
 */
export function wellFormed<T>(value: T): T {
  if (typeof value === 'string') return (value.isWellFormed() ? value : value.toWellFormed()) as T
  if (typeof value !== 'object' || value === null || isWellFormed(value)) return value
  if (Array.isArray(value)) return value.map(wellFormed) as T
  const pairs = Object.entries(value).map(([name, one]) => [name.toWellFormed(), wellFormed(one)])
  return Object.fromEntries(pairs)
}

/** Most are, and need no copy. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  for (const name in value)
    if (!name.isWellFormed() || !isWellFormed(value[name as keyof typeof value])) return false
  return true
}
