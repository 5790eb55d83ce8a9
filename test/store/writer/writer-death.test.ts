import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openSqliteStore } from '../../../src/store/sqlite.ts'
import { given, living, messageFact } from '../facts.ts'

const threads: Worker[] = vi.hoisted(() => [])
vi.mock('node:worker_threads', async original => {
  const actual = await original<typeof import('node:worker_threads')>()
  return {
    ...actual,
    Worker: class extends actual.Worker {
      constructor(...args: ConstructorParameters<typeof actual.Worker>) {
        super(...args)
        threads.push(this)
      }
    },
  }
})

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'store-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const DEAD = { code: 'STORE_FAILED', retryable: false }

test("when the writer's thread dies, pending and later writes fail, nothing hangs, and nothing acknowledged is lost", async () => {
  const store = await openSqliteStore({ dataDir: dir })
  const streamId = await given(store, 'a')
  const inFlight = Array.from({ length: 50 }, (_, i) =>
    store.commit({ streamId, epoch: 1, events: [messageFact(i + 2)] }),
  )
  const claim = store.claim(streamId)
  await Promise.resolve()
  void threads.at(-1)!.terminate()
  const results = await Promise.allSettled([...inFlight, claim])
  const worked = results.filter(result => result.status === 'fulfilled').length
  for (const result of results.slice(worked)) expect(result).toMatchObject({ reason: DEAD })
  await expect(store.commit({ streamId, epoch: 1, events: [messageFact(99)] })).rejects.toMatchObject(DEAD)
  await expect(store.claim(streamId)).rejects.toMatchObject(DEAD)
  await expect(store.deliveries.settle(1, { done: true })).rejects.toMatchObject(DEAD)
  expect((await living(store, 'a')).lastSeq).toBeGreaterThan(0)
  await store.close()

  const again = await openSqliteStore({ dataDir: dir })
  expect((await living(again, 'a')).lastSeq).toBeGreaterThanOrEqual(Math.min(worked, 50) + 1)
  await again.close()
})

test("an unexpected error in the writer's thread ends it", async () => {
  const store = await openSqliteStore({ dataDir: dir })
  const streamId = await given(store, 'a')
  threads.at(-1)!.postMessage({ seen: 0, now: 0, requests: null })
  await expect(store.commit({ streamId, epoch: 1, events: [messageFact(2)] })).rejects.toMatchObject(DEAD)
  await store.close()
  const again = await openSqliteStore({ dataDir: dir })
  expect((await living(again, 'a')).lastSeq).toBe(1)
  await again.close()
})
