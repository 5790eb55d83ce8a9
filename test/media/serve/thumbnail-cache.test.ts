import { describe, expect, it } from 'vitest'
import { createThumbnailCache } from '../../../src/media/serve/thumbnail-cache.ts'

/** Draws what `drawn` says; each drawing is noted, and ends when it is told to. */
function setUp(draw: (id: string) => Promise<Uint8Array<ArrayBuffer> | null>) {
  const made: string[] = []
  let at = 0
  const cache = createThumbnailCache(
    {
      isMadeOf: async () => true,
      make: id => {
        made.push(id)
        return draw(id)
      },
    },
    { now: () => at },
  )
  const later = (ms: number) => {
    at += ms
  }
  return { cache, made, later }
}

describe('thumbnails that were drawn', () => {
  it('are drawn once, also for all who ask at the same time', async () => {
    const { cache, made } = setUp(async () => new Uint8Array(3))
    const all = await Promise.all([cache.read('a'), cache.read('a'), cache.read('b')])
    expect(all.map(one => one?.length)).toEqual([3, 3, 3])
    await cache.read('a')
    expect(made).toEqual(['a', 'b'])
  })

  it('are forgotten, the one that was not looked at for longest first, and never take more than 8 MB', async () => {
    const { cache, made } = setUp(async () => new Uint8Array(3_000_000))
    for (const id of ['a', 'b', 'a', 'c', 'a', 'b']) await cache.read(id)
    expect(made).toEqual(['a', 'b', 'c', 'b'])
  })

  it('are not tried again at once where nothing could be drawn', async () => {
    const { cache, made, later } = setUp(async () => null)
    for (const ms of [0, 0, 599_999, 1]) {
      later(ms)
      expect(await cache.read('bomb')).toBeNull()
    }
    expect(made).toEqual(['bomb', 'bomb'])
  })

  it('are tried again where the store failed', async () => {
    let fails = true
    const { cache } = setUp(async () => {
      if (fails) throw new Error('the disk is away')
      return new Uint8Array(1)
    })
    await expect(Promise.all([cache.read('a'), cache.read('a')])).rejects.toThrow('the disk is away')
    fails = false
    expect(await cache.read('a')).toHaveLength(1)
  })
})
