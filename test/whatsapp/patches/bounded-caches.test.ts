import { describe, expect, it } from 'vitest'
import { createBaileysCaches } from '../../../src/whatsapp/patches/bounded-caches.ts'

describe("Baileys' caches", () => {
  it('are shared by the sockets of one session and never by two sessions', async () => {
    const cachesOf = createBaileysCaches()
    const [a, again, b] = [cachesOf('a'), cachesOf('a'), cachesOf('b')].map(
      ({ userDevicesCache }) => userDevicesCache,
    )
    await a!.set('34600', ['1'])
    expect(await a!.get('34600')).toEqual(['1'])
    expect(await again!.get('34600')).toEqual(['1'])
    expect(await b!.get('34600')).toBeUndefined()
    await b!.flushAll()
    expect(await a!.get('34600')).toEqual(['1'])
    await a!.flushAll()
    expect(await a!.get('34600')).toBeUndefined()
  })

  it('forget what is deleted and keep falsy values', async () => {
    const { msgRetryCounterCache: cache } = createBaileysCaches()('a')
    await cache.set('x', 0)
    expect(await cache.get('x')).toBe(0)
    await cache.del('x')
    expect(await cache.get('x')).toBeUndefined()
  })
})
