import { LRUCache } from 'lru-cache'
import { expect, it } from 'vitest'
import { bounded } from '../../src/base/bounded.ts'

it('what was used longest ago makes room', () => {
  const cache = bounded<number>(2)
  cache.set('a', 1)
  cache.set('b', 2)
  cache.get('a')
  cache.set('c', 3)
  expect([...cache.entries()]).toEqual([
    ['c', 3],
    ['a', 1],
  ])
})

it('no room is reserved for what has not come', () => {
  const { keyList, valList, next, prev, ttls } = LRUCache.unsafeExposeInternals(
    bounded<number>(50_000, 1_000),
  )
  expect([keyList, valList, next, prev, ttls].map(list => list?.length)).toEqual([0, 0, 0, 0, 0])
})
