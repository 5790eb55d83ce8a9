import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GatewayError } from '../../../src/base/errors.ts'
import type { MediaSource } from '../../../src/messages/message-ref.ts'
import { corrupt, createWorld, gone, HOUR, idOf, MB, source, unreachable } from './downloads-world.ts'

describe('A media file', () => {
  let world: ReturnType<typeof createWorld>
  beforeEach(async () => {
    world = createWorld()
    await world.session()
    world.boot()
  })
  afterEach(() => world.downloads.stop())

  it('is stored, and the lane of its message is woken', async () => {
    await world.receive(2)
    await world.settle()
    expect([...world.kept]).toEqual([idOf(2)])
    expect(world.state()).toEqual({ state: 'done', error: null })
    expect(world.wokenLanes).toEqual(['s1|1@g.us'])
    expect(world.clock.pending()).toBe(0)
  })

  it('is tried again less and less often for a day when it cannot be reached', async () => {
    world.fetch = () => Promise.reject(unreachable())
    await world.receive(2)
    await world.settle()
    expect(world.state()).toEqual({ state: 'pending', error: 'HTTP 500.' })
    const start = world.clock.now()
    const at: number[] = []
    world.fetch = async () => {
      at.push((world.clock.now() - start) / 1000)
      throw unreachable()
    }
    await world.clock.advance(25 * HOUR)
    expect(at.slice(0, 6)).toEqual([1, 6, 21, 81, 381, 1281])
    expect(at.length).toBeLessThan(40)
    expect(at.at(-1)).toBeLessThanOrEqual(86_400)
    expect(world.state()).toEqual({ state: 'failed', error: expect.stringMatching(/^HTTP 500\. .*24 hours/) })
    expect(world.clock.pending()).toBe(0)
    const tries = at.length
    await world.clock.advance(24 * HOUR)
    expect(at).toHaveLength(tries)
  })

  it('is stored when the third try succeeds', async () => {
    let tries = 0
    world.fetch = async () => {
      if (++tries < 3) throw unreachable()
    }
    await world.receive(2)
    await world.clock.advance(10_000)
    expect([tries, world.state()]).toEqual([3, { state: 'done', error: null }])
  })

  it('is asked for from the phone, by its message, when WhatsApp no longer has it', async () => {
    world.fetch = ({ directPath }) => (directPath === '/again' ? Promise.resolve() : Promise.reject(gone()))
    await world.receive(2)
    await world.settle()
    expect(world.reuploads).toEqual([
      { messageId: 'M2', chatId: '1@g.us', participant: '34600@s.whatsapp.net', fromMe: false },
    ])
    expect(world.asked).toEqual(['/file2', '/again'])
    expect(world.state()).toEqual({ state: 'done', error: null })
  })

  it('is looked for at its new address, also after a restart, when it is not there yet', async () => {
    world.fetch = ({ directPath }) => Promise.reject(directPath === '/again' ? unreachable() : gone())
    await world.receive(2)
    await world.settle()
    await world.downloads.stop()
    world.boot()
    world.fetch = async () => {}
    await world.clock.advance(2_000)
    expect(world.asked).toEqual(['/file2', '/again', '/again'])
    expect(world.reuploads).toHaveLength(1)
    expect(world.state()?.state).toBe('done')
  })

  it.each([
    ['the phone has not either', { reupload: () => Promise.reject(gone()) }],
    ['is not there after the phone has sent it', { reupload: async (given: MediaSource) => given }],
  ])('is given up when %s', async (_, over) => {
    Object.assign(world, over)
    world.fetch = () => Promise.reject(gone())
    await world.receive(2)
    await world.settle()
    expect(world.state()).toEqual({ state: 'failed', error: gone().message })
    expect(world.wokenLanes).toHaveLength(1)
    await world.clock.advance(48 * HOUR)
    expect(world.reuploads).toHaveLength(1)
  })

  it('waits for the session to connect when only the phone has it', async () => {
    world.connected = false
    world.fetch = ({ directPath }) => (directPath === '/again' ? Promise.resolve() : Promise.reject(gone()))
    await world.receive(2)
    await world.clock.advance(30_000)
    expect(world.state()).toEqual({ state: 'pending', error: expect.stringMatching(/not connected/) })
    world.connected = true
    await world.clock.advance(HOUR)
    expect(world.state()?.state).toBe('done')
  })

  it('gets two more tries when it is not the one that was sent', async () => {
    world.fetch = () => Promise.reject(corrupt())
    await world.receive(2)
    await world.clock.advance(48 * HOUR)
    expect(world.asked).toHaveLength(3)
    expect(world.state()).toEqual({ state: 'failed', error: corrupt().message })
  })

  it('may have 100 MB at most, and little more than was announced', async () => {
    await world.receive(2, source(2, { size: 1000 }))
    await world.receive(3, source(3, { size: 0 }))
    await world.receive(4, source(4, { size: 100 * MB }))
    await world.receive(5, source(5, { size: 100 * MB + 1 }))
    await world.settle()
    expect(world.limits).toEqual([1000 + 64 * 1024, 100 * MB, 100 * MB])
    expect(world.asked).toEqual(['/file2', '/file3', '/file4'])
    expect(world.logs.join('')).toContain('larger than 100 MB')
  })

  it('is tried again while the disk is full', async () => {
    world.full = true
    await world.receive(2)
    await world.clock.advance(HOUR)
    expect(world.state()).toMatchObject({ state: 'pending', error: expect.stringMatching(/no room/) })
    world.full = false
    await world.clock.advance(2 * HOUR)
    expect(world.state()?.state).toBe('done')
  })

  it('is not downloaded over and over when the outcome cannot be stored', async () => {
    const { settle } = world.disk.store.downloads
    let failures = 0
    world.disk.store.downloads.settle = async () => {
      failures++
      throw new GatewayError('STORE_FAILED', 'The disk is full')
    }
    await world.receive(2)
    await world.clock.advance(20_000)
    expect(failures).toBeGreaterThan(1)
    expect(world.asked.length).toBeLessThanOrEqual(5)
    world.disk.store.downloads.settle = settle
    await world.clock.advance(10_000)
    expect(world.state()?.state).toBe('done')
  })

  it('does not hold its place for ever when it arrives too slowly', async () => {
    world.fetch = (_, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(unreachable())))
    await world.receive(2)
    await world.clock.advance(16 * 60_000)
    expect(world.asked.length).toBeGreaterThan(1)
  })

  it('is downloaded again after the process stopped in the middle', async () => {
    world.fetch = (_, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(unreachable())))
    await world.receive(2)
    await world.settle()
    await world.downloads.stop()
    expect(world.state()).toEqual({ state: 'pending', error: null })
    expect(world.clock.pending()).toBe(0)
    world.fetch = async () => {}
    world.boot()
    await world.settle()
    expect(world.state()?.state).toBe('done')
  })

  it('is dropped when its session was deleted meanwhile', async () => {
    const waiting = Promise.withResolvers<void>()
    world.fetch = () => waiting.promise
    await world.receive(2)
    await world.settle()
    await world.disk.store.commit({ streamId: 's1', epoch: 1, erase: 'stream' })
    waiting.resolve()
    await world.settle()
    expect(world.disk.stored.downloads.due('s1', Number.MAX_SAFE_INTEGER, 10)).toEqual([])
    expect(world.logs.join('')).not.toContain('"level":50')
  })

  it('has a key that no log shows, and that is erased after the last attempt', async () => {
    world.fetch = ({ id }) => Promise.reject(id === idOf(2) ? corrupt() : new Error('a bug'))
    await world.receive(2)
    await world.receive(3)
    await world.clock.advance(60_000)
    expect(world.logs.length).toBeGreaterThan(0)
    expect(world.logs.join('')).not.toContain('c2VjcmV0')
    const rows = world.disk.stored.downloads.due('s1', Number.MAX_SAFE_INTEGER, 10)
    expect(rows.map(({ seq }) => seq)).toEqual([3])
  })
})

describe('Many media files', () => {
  it('of one session hold up nobody, even if they were all due long before', async () => {
    const world = createWorld()
    for (const id of ['busy', 'busier', 'busiest', 'endless', 'calm', 'zealous']) await world.session(id)
    world.boot()
    // Each fetch takes a second, and the sixteen places are never free at once.
    world.fetch = () => new Promise(resolve => void world.clock.setTimeout(resolve, 1000))
    for (const id of ['busy', 'busier', 'busiest', 'endless'])
      for (let seq = 2; seq < 62; seq++) await world.receive(seq, source(seq), id)
    await world.clock.advance(2000)
    for (const id of ['calm', 'zealous'])
      for (let seq = 2; seq < 6; seq++) await world.receive(seq, source(seq), id)
    await world.clock.advance(3000)
    expect(world.most).toBeLessThanOrEqual(16)
    const through = world.wokenLanes.map(lane => lane.split('|')[0]!)
    expect(through.filter(id => id === 'calm' || id === 'zealous')).toHaveLength(8)
    await world.clock.advance(30_000)
    expect(world.wokenLanes).toHaveLength(248)
    await world.downloads.stop()
  })

  it('are downloaded a few at a time, and one session leaves room for others', async () => {
    const world = createWorld()
    await world.session('busy')
    await world.session('calm')
    world.boot()
    const waiting = Promise.withResolvers<void>()
    world.fetch = ({ directPath }) => (directPath === '/file99' ? Promise.resolve() : waiting.promise)
    for (let seq = 2; seq < 42; seq++) await world.receive(seq, source(seq), 'busy')
    for (let seq = 2; seq < 12; seq++) await world.receive(seq, source(99), 'calm')
    await world.settle()
    expect(world.most).toBeLessThanOrEqual(16)
    expect(world.wokenLanes).toEqual(Array.from({ length: 10 }, () => 'calm|1@g.us'))
    waiting.resolve()
    await world.clock.advance(1_000)
    expect(world.wokenLanes).toHaveLength(50)
    await world.downloads.stop()
  })
})

describe('A download whose row is torn', () => {
  it.each([
    ['source', "UPDATE downloads SET source = '{' WHERE seq = 2"],
    ['message', "UPDATE messages SET content = '{' WHERE seq = 2"],
    ['source, which is no object,', "UPDATE downloads SET source = '7' WHERE seq = 2"],
  ])('in its %s fails for good with the reason, and the others are fetched', async (_, damage) => {
    const world = createWorld()
    world.downloads = { startDue() {} } as typeof world.downloads
    for (const id of ['s1', 's2']) await world.session(id)
    for (const seq of [2, 3]) await world.receive(seq)
    await world.receive(2, source(2), 's2')
    world.disk.damage(`${damage} AND stream_id = 's1'`)
    world.boot()
    await world.settle()
    expect(world.asked.sort()).toEqual(['/file2', '/file3'])
    expect(world.state()).toEqual({ state: 'failed', error: expect.stringMatching(/cannot be read/) })
    expect(world.disk.stored.downloads.hasPending('s1')).toBe(false)
    expect(world.clock.pending()).toBe(0)
    await world.downloads.stop()
  })

  it('and one stream that cannot be read at all hides no other, and is looked at again', async () => {
    const world = createWorld()
    world.downloads = { startDue() {} } as typeof world.downloads
    for (const id of ['s1', 's2']) await world.session(id)
    await world.receive(2)
    await world.receive(2, source(3), 's2')
    const { downloads } = world.disk.store
    const { due } = downloads
    let broken = true
    downloads.due = async (streamId, ...rest) => {
      if (streamId === 's1' && broken) throw new TypeError('secret')
      return due(streamId, ...rest)
    }
    world.boot()
    await world.settle()
    expect(world.asked).toEqual(['/file3'])
    expect(world.logs.join('')).toMatch(/"stream_id":"s1".*could not be read from the store/)
    expect(world.logs.join('')).not.toMatch(/secret/)
    broken = false
    await world.clock.advance(6_000)
    expect(world.asked).toEqual(['/file3', '/file2'])
    await world.downloads.stop()
  })
})
