import { LRUCache } from 'lru-cache'

const one = () => 1

/**
 * The `max` values that were used last, each for at most `ttl` ms. Their number is told as a size: lru-cache's own `max` reserves room
 * for all of them at once, a megabyte for 50,000 that may never come.
 */
export const bounded = <Value extends NonNullable<unknown>>(
  max: number,
  ttl?: number,
): LRUCache<string, Value> =>
  new LRUCache({ maxSize: max, sizeCalculation: one, ...(ttl !== undefined && { ttl }) })
