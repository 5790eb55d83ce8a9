import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { openOwnerTable } from '../../../src/store/postgres/owners.ts'
import { openPostgresStore, type PostgresStore } from '../../../src/store/postgres/postgres.ts'
import { DATABASE_URL, describeWithPostgres } from '../../postgres.ts'
import { TestSchema } from './test-schema.ts'

const MINUTE = 60_000

await describeWithPostgres('Work for all nodes', () => {
  const schema = new TestSchema()
  let store: PostgresStore
  beforeEach(async () => {
    store = await openPostgresStore({ url: DATABASE_URL, schema: await schema.name(), connections: 4 })
    const owners = openOwnerTable({ url: DATABASE_URL, schema: await schema.name() })
    for (const node of ['a', 'b', 'c']) await owners.join({ node, url: '', place: `disk of ${node}` }, MINUTE)
    await owners.close()
  })
  afterEach(async () => {
    await store.close()
    await schema.empty()
  })
  afterAll(() => schema.drop())

  const take = (node: string, work = 'w', everyMs = 0) => store.server.upkeep.take(node, work, everyMs)
  const end = (node: string, done: boolean) => store.server.upkeep.end(node, 'w', done)
  const lapse = (node: string) =>
    schema.query("UPDATE nodes SET lease_until = now() - interval '1 ms' WHERE node = $1", [node])

  test('is one node’s at a time, of many that ask at once, until that ends it', async () => {
    const taken = await Promise.all(['a', 'b', 'c'].map(node => take(node)))
    expect(taken.filter(Boolean)).toHaveLength(1)
    const owner = 'abc'[taken.indexOf(true)]!
    const other = owner === 'a' ? 'b' : 'a'
    expect([await take(owner), await take(other), await take(other, 'another')]).toEqual([true, false, true])
    await end(other, true)
    expect(await take(other)).toBe(false)
    await end(owner, false)
    expect(await take(other, 'w', MINUTE)).toBe(true)
  })

  test('that was done a moment ago is left alone by all, until it is due', async () => {
    expect(await take('a', 'w', MINUTE)).toBe(true)
    await end('a', true)
    expect([await take('a', 'w', MINUTE), await take('b', 'w', MINUTE)]).toEqual([false, false])
    await schema.query("UPDATE upkeep SET done_at = done_at - interval '61 s'")
    expect(await take('b', 'w', MINUTE)).toBe(true)
  })

  test('of a node that is gone is anybody’s, and what that one says of it later counts for nothing', async () => {
    expect(await take('a', 'w', MINUTE)).toBe(true)
    await lapse('a')
    expect(await take('a', 'w', MINUTE)).toBe(false)
    expect(await take('b', 'w', MINUTE)).toBe(true)
    await end('a', true)
    expect(await take('c', 'w', MINUTE)).toBe(false)
    await end('b', true)
    expect(await take('c', 'w', MINUTE)).toBe(false)
    expect(await take('nobody', 'never done')).toBe(false)
  })
})
