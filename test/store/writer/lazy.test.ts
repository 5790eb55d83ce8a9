import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Store } from '../../../src/ports/store.ts'
import { openSqliteStore } from '../../../src/store/sqlite.ts'
import { given, living, messageFact } from '../facts.ts'

let dir: string
let store: Store
const original = Worker.prototype.postMessage
const posted = vi.spyOn(Worker.prototype, 'postMessage')
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'store-'))
  store = await openSqliteStore({ dataDir: dir })
})
afterEach(async () => {
  await store.close()
  rmSync(dir, { recursive: true })
})

const fact = (streamId: string, seq: number, lazy: boolean) =>
  store.commit({ streamId, epoch: 1, events: [messageFact(seq)], lazy })

test('lazy writes of many streams go over together, after those for which somebody waits', async () => {
  const [one, two] = [await given(store, 'a'), await given(store, 'b')]
  posted.mockClear()
  const order: string[] = []
  const lazy = [fact(one, 2, true), fact(one, 3, true), fact(two, 2, true)]
  for (const write of lazy) void write.then(() => order.push('lazy'))
  const three = await given(store, 'c')
  order.push('waited for')
  expect((await living(store, 'a')).lastSeq).toBe(1)
  await Promise.all(lazy)
  expect(order).toEqual(['waited for', 'lazy', 'lazy', 'lazy'])
  expect(posted).toHaveBeenCalledTimes(2)
  const logs = await Promise.all([one, two, three].map(id => store.log.after(id, 0, 9)))
  expect(logs.map(log => log.map(({ seq }) => seq))).toEqual([[1, 2, 3], [1, 2], [1]])
})

test('a lazy write goes over with the next one of its stream, and before it', async () => {
  const streamId = await given(store, 'a')
  posted.mockClear()
  const lazy = fact(streamId, 2, true)
  await fact(streamId, 3, false)
  await lazy
  expect(posted).toHaveBeenCalledTimes(1)
})

test('a claim comes after the lazy writes of the owner before, and closing after all of them', async () => {
  const streamId = await given(store, 'a')
  const lazy = fact(streamId, 2, true)
  expect(await store.claim(streamId)).toBe(2)
  await lazy
  const last = store.commit({ streamId, epoch: 2, events: [messageFact(3)], lazy: true })
  await store.close()
  await last
  store = await openSqliteStore({ dataDir: dir })
  expect((await living(store, 'a')).lastSeq).toBe(3)
})

test('a lazy write that was made before a failure of its stream was known fails with it', async () => {
  const streamId = await given(store, 'a')
  const bad = fact(streamId, 9, false)
  await new Promise(resolve => setImmediate(resolve))
  const lazy = store.commit({
    streamId,
    epoch: 1,
    lazy: true,
    keys: [{ type: 'session', id: 'x', value: Buffer.from('x') }],
  })
  await expect(bad).rejects.toMatchObject({ code: 'SEQ_CONFLICT' })
  // Others, who know of it, do not make the store forget it.
  await given(store, 'b')
  await expect(lazy).rejects.toMatchObject({ code: 'SEQ_CONFLICT' })
  expect(await store.keys.get(streamId, 'session', ['x'])).toEqual({})
  await fact(streamId, 2, true)
})

test('what comes while one commit runs and another waits goes over after that, as one message', async () => {
  const streams = await Promise.all(Array.from({ length: 20 }, (_, n) => given(store, `s${n}`)))
  let unanswered = 0
  let most = 0
  posted.mockClear()
  posted.mockImplementation(function (this: Worker, message) {
    most = Math.max(most, ++unanswered)
    this.once('message', () => unanswered--)
    return original.call(this, message)
  })
  const writes: Promise<void>[] = []
  for (const streamId of streams) {
    writes.push(fact(streamId, 2, false))
    await new Promise(resolve => setImmediate(resolve))
  }
  await Promise.all(writes)
  posted.mockImplementation(original)
  expect(most).toBeLessThanOrEqual(2)
})

test('an outcome of a delivery takes no lazy writes of sessions along', async () => {
  const streamId = await given(store, 'a')
  const lazy = fact(streamId, 2, true)
  await store.deliveries.settle(1, { done: true })
  expect((await living(store, 'a')).lastSeq).toBe(1)
  await lazy
  expect((await living(store, 'a')).lastSeq).toBe(2)
})

test('more may be in one commit than a call takes arguments', async () => {
  const all = Array.from({ length: 150_000 }, () => store.deliveries.settle(1, { done: true }))
  await Promise.all(all)
  await given(store, 'a')
  expect((await living(store, 'a')).lastSeq).toBe(1)
})
