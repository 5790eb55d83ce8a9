import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openMediaStore } from '../../src/media/media-store.ts'
import type { MediaChange, MediaTable } from '../../src/ports/media/media-store.ts'
import { createErasure } from '../../src/sessions/erasure.ts'
import { createTestClock } from '../base/clock.ts'
import { MemoryStore } from '../sessions/memory-store.ts'
import { created, imageSource, inbound, messageFact } from '../store/facts.ts'

const LIMITS = { maxBytes: 1024 }
const clock = createTestClock()

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'stored-again-'))
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

async function* bytes(text: string) {
  yield Buffer.from(text)
}

async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate()
}

/** A file of a deleted session that nobody needs, and a table whose changes may be held up. */
async function createWorld() {
  const disk = new MemoryStore(() => 1_000)
  const { store } = disk
  const held = { gate: Promise.resolve(), seen: [] as MediaChange[] }
  const media: MediaTable = {
    ...store.media,
    async changed(changes) {
      held.seen.push(...changes)
      await held.gate
      await store.media.changed(changes)
    },
  }
  const files = openMediaStore({ dataDir, clock, table: media })
  const { id } = await files.put(bytes('again'), LIMITS)
  await store.commit(created('a'))
  await store.commit({
    ...{ streamId: 'stream-of-a', epoch: 1, events: [messageFact(2)] },
    messages: [
      {
        insert: {
          ...{
            messageId: 'M2',
            chatId: 'c',
            direction: 'in',
            dedupeKey: 'k',
            status: 'received',
            seq: 2,
            at: 1,
          },
          content: inbound('M2', 'x'),
        } as const,
      },
    ],
    downloads: [{ seq: 2, at: 1, source: imageSource(id) }],
  })
  await store.commit({ streamId: 'stream-of-a', epoch: 1, erase: 'stream' })
  expect(disk.stored.media.unneeded(10)).toEqual([id])
  return {
    ...{ disk, files, id, held },
    /** Removes what nobody needs; `beforeAnswer` runs between the question for a file and its answer. */
    removeFiles: (beforeAnswer: () => Promise<void> = async () => {}) =>
      createErasure({
        store: {
          ...store,
          media: {
            ...media,
            async isUnneeded(asked) {
              const answer = await store.media.isUnneeded(asked)
              await beforeAnswer()
              return answer
            },
          },
        },
        ...{ files, clock, logger: pino({ enabled: false }) },
      }).removeFiles(),
    async isThere() {
      const opened = await files.open(id)
      opened?.stream.destroy()
      return opened !== null
    },
    known: () => disk.stored.media.unusedSince(Number.MAX_SAFE_INTEGER, 10),
  }
}

it('a file that nobody needs goes, and is known no more', async () => {
  const world = await createWorld()
  await world.removeFiles()
  expect([await world.isThere(), world.known()]).toEqual([false, []])
})

it('a file that is stored again between the question and the removal is there afterwards', async () => {
  const world = await createWorld()
  world.held.seen = []
  let putting: Promise<unknown> = Promise.resolve()
  await world.removeFiles(async () => {
    putting = world.files.put(bytes('again'), LIMITS)
    await vi.waitFor(async () => expect(await readdir(join(dataDir, 'media/tmp'))).toHaveLength(1))
    await turns(200)
    // It waits: what is asked about must not change before it is answered.
    expect(world.held.seen).toEqual([])
  })
  await putting
  expect([await world.isThere(), world.known()]).toEqual([true, [world.id]])
})

it('a file that is being stored is not asked about until it is there, and stays', async () => {
  const world = await createWorld()
  const gate = Promise.withResolvers<void>()
  world.held.gate = gate.promise
  world.held.seen = []
  const putting = world.files.put(bytes('again'), LIMITS)
  await vi.waitFor(() => expect(world.held.seen).toHaveLength(1))
  let asked = 0
  const removing = world.removeFiles(async () => void asked++)
  await turns()
  expect(asked).toBe(0)
  gate.resolve()
  await Promise.all([putting, removing])
  expect([asked, await world.isThere(), world.known()]).toEqual([1, true, [world.id]])
})

it('whoever stores and removes the same file many times at once ends with a table that tells the truth', async () => {
  const world = await createWorld()
  for (let round = 0; round < 30; round++) {
    const works = [
      () => world.removeFiles(() => turns(round % 5)),
      () => world.files.put(bytes('again'), LIMITS),
    ]
    await Promise.all((round % 2 === 0 ? works : works.reverse()).map(work => work()))
    expect([await world.isThere(), world.known()]).toEqual([true, [world.id]])
    world.disk.damage('INSERT OR IGNORE INTO unneeded_media VALUES (?)', world.id)
  }
})

it('a question that the store cannot answer is no fault of the file: it is asked again with the rest', async () => {
  const world = await createWorld()
  const failing = world.removeFiles(() => Promise.reject(new Error('the store is away')))
  await expect(failing).rejects.toThrow('the store is away')
  expect(await world.isThere()).toBe(true)
  await world.removeFiles()
  expect(await world.isThere()).toBe(false)
})
