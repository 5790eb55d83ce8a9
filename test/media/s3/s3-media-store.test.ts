import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTestClock, type TestClock } from '../../base/clock.ts'
import { chunks, mediaStoreContract, read, sha256 } from '../store-contract.ts'
import { createS3World, type S3World } from './s3-world.ts'

const LIMITS = { maxBytes: 1e9 }
const MB = 1024 * 1024

mediaStoreContract('a bucket', async () => {
  // Its server answers 500 where two removals meet in one folder of its own: what is tried again waits in real time.
  const clock = { ...createTestClock(), setTimeout, clearTimeout: clearTimeout as TestClock['clearTimeout'] }
  const world = await createS3World(clock)
  return {
    ...(await world.open()),
    clock,
    kept: world.keys,
    write: (name, bytes) => world.server.write(`some/where/${name}`, bytes),
    again: world.open,
    end: world.close,
  }
})

describe('a bucket', () => {
  let world: S3World
  beforeEach(async () => {
    world = await createS3World()
  })
  afterEach(() => world.close())

  it('has files as a data directory has them, so that either can be copied to the other', async () => {
    const { store } = await world.open({ prefix: '' })
    const { id } = await store.put(chunks('x'), LIMITS)
    expect(await world.server.keys()).toEqual([`${id.slice(0, 2)}/${id}`])
  })

  it('is that of all nodes: what one stores another has, and what one removes is gone', async () => {
    const [one, other] = [await world.open(), await world.open()]
    const { id } = await one.store.put(chunks('for all'), LIMITS)
    expect(await read((await other.store.open(id))!.stream)).toBe('for all')
    expect(await other.store.withFile(id, path => readFile(path, 'utf8'))).toBe('for all')
    expect(await other.store.remove(id)).toBe(true)
    const third = await world.open()
    expect(await third.store.open(id)).toBeNull()
  })

  it.each([
    'before',
    'after',
  ])('keeps what another node stores while one removes it, asked %s the file went aside', async when => {
    const [one, other] = [await world.open(), await world.open()]
    const { id } = await one.store.put(chunks('wanted'), LIMITS)
    let asked = 0
    const removed = await one.store.remove(id, async () => {
      asked++
      if (asked === (when === 'before' ? 1 : 2)) await other.store.put(chunks('wanted'), LIMITS)
      return asked === 1
    })
    expect([removed, asked]).toEqual([false, 2])
    expect(await world.keys()).toEqual([`${id.slice(0, 2)}/${id}`])
  })

  it('gives back what a node that died had put aside, once nobody can be removing it any more', async () => {
    const [old, young] = [sha256('old'), sha256('young')]
    await world.server.write(`some/where/aside/${old}`, 'old')
    await world.server.write(`some/where/aside/${young}`, 'young')
    await world.server.age(`some/where/aside/${old}`, 61 * 60)
    const { store } = await world.open()
    await vi.waitFor(async () => expect(await world.keys()).toContain(`${old.slice(0, 2)}/${old}`))
    expect(await world.keys()).toContain(`aside/${young}`)
    expect(await store.remove(young)).toBe(false)
    await vi.waitFor(async () => expect(await world.keys()).toEqual([`${old.slice(0, 2)}/${old}`]))
  })

  it('is not told twice of the same bytes, and keeps on this machine no more than it may', async () => {
    const { store, dataDir } = await world.open()
    const files = () => readdir(join(dataDir, 'media-cache'))
    const big = randomBytes(5 * MB)
    const { id } = await store.put(chunks(big), LIMITS)
    expect(await files()).toEqual([id])
    const before = await world.server.changedAt(`some/where/${id.slice(0, 2)}/${id}`)
    await store.put(chunks(big), LIMITS)
    expect(await world.server.changedAt(`some/where/${id.slice(0, 2)}/${id}`)).toBe(before)
    await store.remove(id)
    expect(await files()).toEqual([])
    const again = await world.open()
    expect(await readdir(join(again.dataDir, 'media-cache'))).toEqual([])
  })
})
