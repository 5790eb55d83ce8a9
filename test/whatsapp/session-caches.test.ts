import { describe, expect, it } from 'vitest'
import { createCaches } from '../../src/whatsapp/session-caches.ts'

describe('the caches', () => {
  it('of two sessions never meet; those of two sockets of one session do', async () => {
    const cachesOf = createCaches()
    const [a, again, b] = [cachesOf('a'), cachesOf('a'), cachesOf('b')].map(
      ({ baileys }) => baileys.userDevicesCache,
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
    const { msgRetryCounterCache: cache } = createCaches()('a').baileys
    await cache.set('x', 0)
    expect(await cache.get('x')).toBe(0)
    await cache.del('x')
    expect(await cache.get('x')).toBeUndefined()
  })

  it('of keys know what is missing from what is unknown, and are new for each socket', () => {
    const cachesOf = createCaches()
    const { keys } = cachesOf('a')
    expect(keys.get('session', '1')).toBeUndefined()
    keys.set('session', '1', null)
    expect(keys.get('session', '1')).toBeNull()
    keys.set('session', '1', Buffer.from('x'))
    expect(keys.get('session', '1')).toEqual(Buffer.from('x'))
    expect(keys.get('tctoken', '1')).toBeUndefined()
    expect(cachesOf('a').keys.get('session', '1')).toBeUndefined()
  })

  it('of keys are bounded in bytes, the oldest go first', () => {
    const { keys } = createCaches()('a')
    const megabyte = Buffer.alloc(1024 * 1024)
    for (let i = 0; i < 40; i++) keys.set('session', String(i), megabyte)
    expect(keys.get('session', '0')).toBeUndefined()
    expect(keys.get('session', '39')).toBe(megabyte)
  })
})
