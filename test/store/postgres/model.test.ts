import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Store } from '../../../src/ports/store.ts'
import { openPostgresStore } from '../../../src/store/postgres/postgres.ts'
import { DATABASE_URL, describeWithPostgres } from '../../postgres.ts'
import { assertProperty } from '../../property.ts'
import { likeTheModel, REFUSALS, seen } from '../model-property.ts'
import { TestSchema } from './test-schema.ts'

await describeWithPostgres('PostgreSQL', () => {
  const schema = new TestSchema()
  let store: Store
  beforeAll(async () => {
    store = await openPostgresStore({ url: DATABASE_URL, schema: await schema.name(), connections: 4 })
  })
  afterAll(async () => {
    await store.close()
    await schema.drop()
  })

  // Each run is some dozens of durable commits.
  test('does what a plain model does, whatever is written in one tick', { timeout: 240_000 }, async () => {
    await assertProperty(
      likeTheModel(() => store),
      { numRuns: 40 },
    )
    for (const code of REFUSALS) expect(seen).toContain(code)
  })
})
