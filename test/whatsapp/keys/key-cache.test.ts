import { describe, expect, it } from 'vitest'
import { createKeyCaches } from '../../../src/whatsapp/keys/key-cache.ts'

describe('the cache of keys', () => {
  it('tells a key that is missing from one that is unknown, and is empty for each new socket', () => {
    const cacheOfSocket = createKeyCaches()
    const keys = cacheOfSocket()
    expect(keys.get('session', '1')).toBeUndefined()
    keys.set('session', '1', null)
    expect(keys.get('session', '1')).toBeNull()
    keys.set('session', '1', Buffer.from('x'))
    expect(keys.get('session', '1')).toEqual(new Uint8Array([120]))
    expect(keys.get('tctoken', '1')).toBeUndefined()
    expect(cacheOfSocket().get('session', '1')).toBeUndefined()
  })

  it('is bounded in bytes: the oldest keys go first', () => {
    const keys = createKeyCaches()()
    const megabyte = Buffer.alloc(1024 * 1024)
    for (let i = 0; i < 40; i++) keys.set('session', String(i), megabyte)
    expect(keys.get('session', '0')).toBeUndefined()
    expect(keys.get('session', '39')).toEqual(new Uint8Array(megabyte))
  })

  it('holds nothing of the memory that a key was cut out of', () => {
    const keys = createKeyCaches()()
    keys.set('session', '1', Buffer.alloc(64 * 1024).subarray(100, 500))
    expect(keys.get('session', '1')!.buffer.byteLength).toBe(400)
  })
})
