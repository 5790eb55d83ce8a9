import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Store } from '../../src/ports/store.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { assertProperty } from '../property.ts'
import { likeTheModel, REFUSALS, seen } from './model-property.ts'

let dir: string
let store: Store
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'store-'))
  store = await openSqliteStore({ dataDir: dir })
})
afterAll(async () => {
  await store.close()
  rmSync(dir, { recursive: true })
})

const property = likeTheModel(() => store)

test('the store does what a plain model does, whatever is written in one tick', {
  timeout: 120_000,
}, async () => {
  await assertProperty(property, { numRuns: 60 })
  for (const code of REFUSALS) expect(seen).toContain(code)
})

test('does so where a first write erases its own stream, which once failed', async () => {
  await assertProperty(property, { seed: 356793786, path: '28', numRuns: 1, endOnFailure: true })
})
