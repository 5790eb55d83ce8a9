import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MediaStore } from '../../src/ports/media/media-store.ts'
import type { TestClock } from '../base/clock.ts'
import type { createMediaTable } from './media-table.ts'

const LIMITS = { maxBytes: 1024 * 1024 }
const DAY = 86_400_000

export const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')

export async function* chunks(...parts: (string | Uint8Array)[]) {
  for (const part of parts) yield Buffer.from(part)
}

export async function read(stream: Readable): Promise<string> {
  return Buffer.concat(await stream.toArray()).toString()
}

export interface StoreWorld {
  store: MediaStore
  table: ReturnType<typeof createMediaTable>
  clock: TestClock
  /** All that is kept where the store keeps files, whole or not, as `ab/ab…`. */
  kept(): Promise<string[]>
  /** Puts something there by hand. */
  write(name: string, bytes: string): Promise<void>
  /** Another store of the same place, with an empty table. */
  again(): Promise<Pick<StoreWorld, 'store' | 'table'>>
  end(): Promise<void>
}

/** What every media store does. */
export function mediaStoreContract(name: string, begin: () => Promise<StoreWorld>): void {
  describe(`the contract of a media store: ${name}`, () => {
    let world: StoreWorld
    beforeEach(async () => {
      world = await begin()
    })
    afterEach(() => world.end())

    const put = (...parts: (string | Uint8Array)[]) => world.store.put(chunks(...parts), LIMITS)
    const place = (id: string) => `${id.slice(0, 2)}/${id}`

    describe('put', () => {
      it('names a file by its content, however it is cut into chunks', async () => {
        const id = sha256('hello world')
        expect(await put('hello ', '', 'world')).toEqual({ id, size: 11 })
        expect(await world.kept()).toEqual([place(id)])
        expect(await read((await world.store.open(id))!.stream)).toBe('hello world')
        expect([...world.table.files.keys()]).toEqual([id])
      })

      it('stores the same content once, also when it comes twice at the same time', async () => {
        const puts = await Promise.all([1, 2, 3].map(() => put('same')))
        expect(new Set(puts.map(({ id }) => id))).toEqual(new Set([sha256('same')]))
        expect(await world.kept()).toHaveLength(1)
      })

      it('takes an empty file', async () => {
        const { id, size } = await put()
        expect(size).toBe(0)
        const { store } = await world.again()
        for (const one of [world.store, store]) {
          const opened = await one.open(id)
          expect(opened?.size).toBe(0)
          expect(await read(opened!.stream)).toBe('')
        }
      })

      it.each([
        [10, 10, true],
        [11, 10, false],
        [0, 0, true],
        [1, 0, false],
      ])('takes %i bytes with a limit of %i: %s', async (size, maxBytes, fits) => {
        const stored = world.store.put(chunks(...Array.from({ length: size }, () => 'x')), { maxBytes })
        if (fits) await expect(stored).resolves.toMatchObject({ size })
        else {
          await expect(stored).rejects.toMatchObject({
            code: 'MEDIA_TOO_LARGE',
            message: `The file is larger than ${maxBytes} bytes`,
          })
          expect(await world.kept()).toEqual([])
        }
      })

      it('stops an endless source at the limit, and closes it', async () => {
        let released = false
        async function* endless() {
          try {
            for (;;) yield Buffer.alloc(64 * 1024)
          } finally {
            released = true
          }
        }
        await expect(world.store.put(endless(), LIMITS)).rejects.toMatchObject({ code: 'MEDIA_TOO_LARGE' })
        expect(released).toBe(true)
        expect(await world.kept()).toEqual([])
      })

      it('stores nothing of a source that fails, and rejects with its error', async () => {
        async function* broken() {
          yield Buffer.from('half')
          throw new Error('connection lost')
        }
        await expect(world.store.put(broken(), LIMITS)).rejects.toThrow('connection lost')
        expect(await world.kept()).toEqual([])
      })

      it('replaces a damaged file', async () => {
        const { id } = await put('right')
        await world.write(place(id), 'wrong')
        await put('right')
        const { store } = await world.again()
        expect(await read((await store.open(id))!.stream)).toBe('right')
      })
    })

    describe('open', () => {
      it.each([
        [{ start: 3, end: 5 }, '345'],
        [{ start: 9, end: 9 }, '9'],
        [{ start: 0, end: 9 }, '0123456789'],
        [undefined, '0123456789'],
      ])('reads the range %j', async (range, text) => {
        const { id } = await put('0123456789')
        const { store } = await world.again()
        for (const one of [world.store, store]) {
          const opened = await one.open(id, range)
          expect(opened).toMatchObject({ size: 10 })
          expect(await read(opened!.stream)).toBe(text)
        }
      })

      it.each([
        { start: 10, end: 10 },
        { start: 5, end: 4 },
        { start: -1, end: 4 },
        { start: 0, end: 10 },
        { start: Number.NaN, end: 4 },
      ])('refuses the range %j', async range => {
        const { id } = await put('0123456789')
        const { store } = await world.again()
        for (const one of [world.store, store]) await expect(one.open(id, range)).rejects.toThrow(RangeError)
      })

      it('goes on reading a file that is removed meanwhile', async () => {
        const { id } = await put('still here')
        const opened = await world.store.open(id)
        expect(await world.store.remove(id)).toBe(true)
        expect(await read(opened!.stream)).toBe('still here')
        expect(await world.store.open(id)).toBeNull()
        expect(await world.store.remove(id)).toBe(false)
        expect(await world.kept()).toEqual([])
      })

      it.each([
        '',
        'ab',
        '../lock.sqlite',
        `../../${'a'.repeat(58)}`,
        `${'a'.repeat(62)}/.`,
        `${'a'.repeat(63)}\0`,
        `${'a'.repeat(64)}\n`,
        'A'.repeat(64),
        'g'.repeat(64),
        'a'.repeat(65),
        'a'.repeat(64),
      ])('answers null for the id %j', async id => {
        expect(await world.store.open(id)).toBeNull()
        expect(await world.store.withFile(id, async () => true)).toBeNull()
        expect(await world.store.remove(id)).toBe(false)
      })
    })

    it('gives programs a path of the whole file while they use it, wherever it was stored', async () => {
      const { id } = await put('for programs')
      const { store } = await world.again()
      for (const one of [world.store, store])
        expect(await one.withFile(id, path => readFile(path, 'utf8'))).toBe('for programs')
      const failed = world.store.withFile(id, () => Promise.reject(new Error('no such codec')))
      await expect(failed).rejects.toThrow('no such codec')
    })

    describe('remove', () => {
      it('leaves what is needed after all', async () => {
        const { id } = await put('needed')
        expect(await world.store.remove(id, async () => false)).toBe(false)
        expect(await world.kept()).toEqual([place(id)])
        expect(await world.store.remove(id, async () => true)).toBe(true)
        expect(await world.kept()).toEqual([])
      })

      it('leaves what is stored again at the same time', async () => {
        const { id } = await put('twice')
        let again: Promise<unknown> | undefined
        await world.store.remove(id, async () => {
          again ??= put('twice')
          return true
        })
        await again
        expect(await world.kept()).toEqual([place(id)])
        const { store } = await world.again()
        expect(await read((await store.open(id))!.stream)).toBe('twice')
      })
    })

    describe('prune', () => {
      it('removes what was neither stored nor opened since, and no more than the limit', async () => {
        const ids: string[] = []
        for (const text of ['a', 'b', 'c', 'd', 'e']) ids.push((await put(text)).id)
        await world.clock.advance(DAY)
        const before = world.clock.now()
        ;(await world.store.open(ids[0]!))!.stream.destroy()
        await put('b')
        const steps = []
        for (let more = true; more; ) {
          const step = await world.store.prune(before, 2)
          steps.push(step.removed)
          more = step.more
        }
        expect(steps.every(removed => removed <= 2)).toBe(true)
        expect(steps.reduce((sum, removed) => sum + removed)).toBe(3)
        expect(await world.store.prune(before, 100)).toMatchObject({ removed: 0, more: false })
        expect((await world.kept()).sort()).toEqual([place(ids[0]!), place(ids[1]!)].sort())
        expect([...world.table.files.keys()].sort()).toEqual([ids[0]!, ids[1]!].sort())
      })

      it('knows the files of before its table was there, too, and looks for them once', async () => {
        const { id } = await put('old')
        const { store, table } = await world.again()
        await world.clock.advance(DAY)
        expect(await store.prune(world.clock.now(), 100)).toMatchObject({ removed: 0, more: false })
        await store.findAll()
        expect([...table.files.keys()]).toEqual([id])
        expect(await store.prune(world.clock.now(), 100)).toMatchObject({ removed: 1, more: false })
        expect([table.files.size, await world.kept()]).toEqual([0, []])
        await world.write(place(id), 'put there by hand')
        await store.findAll()
        expect(table.files.size).toBe(0)
      })

      it('leaves files that are being written, and files of others', async () => {
        await world.write('README', 'mine')
        await world.write('ab/notes', 'mine')
        let goOn = () => {}
        const gate = new Promise<void>(resolve => {
          goOn = resolve
        })
        async function* slow() {
          yield Buffer.from('one')
          await gate
          yield Buffer.from('two')
        }
        const stored = world.store.put(slow(), LIMITS)
        await world.clock.advance(DAY)
        await world.store.findAll()
        expect(await world.store.prune(world.clock.now() + 1e12, 100)).toMatchObject({
          removed: 0,
          more: false,
        })
        goOn()
        const { id } = await stored
        expect((await world.kept()).sort()).toEqual(['README', 'ab/notes', place(id)].sort())
      })
    })
  })
}
