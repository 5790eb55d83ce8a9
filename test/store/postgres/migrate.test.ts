import { afterEach, beforeEach, expect, test } from 'vitest'
import { openPostgresStore } from '../../../src/store/postgres/postgres.ts'
import { migrate, SCHEMA_VERSION } from '../../../src/store/postgres/setup/migrate.ts'
import { STEPS } from '../../../src/store/postgres/setup/schema.ts'
import { createSchema, DATABASE_URL, describeWithPostgres, dropSchema, onPostgres } from '../../postgres.ts'
import { given, living, messageFact } from '../facts.ts'

await describeWithPostgres('The tables in PostgreSQL', () => {
  let schema: string
  beforeEach(async () => {
    schema = await createSchema()
  })
  afterEach(() => dropSchema(schema))
  const open = () => openPostgresStore({ url: DATABASE_URL, schema, connections: 3 })
  const inSchema = <T extends object>(sql: string) =>
    onPostgres(async client => {
      await client.query(`SET search_path = ${schema}`)
      return (await client.query<T>(sql)).rows
    })
  const migrateTo = (steps: typeof STEPS) =>
    onPostgres(async client => {
      await client.query(`SET search_path = ${schema}`)
      await migrate(client, steps)
    })

  test('are made once, by whichever of several nodes comes first', async () => {
    const stores = await Promise.all([open(), open(), open(), open()])
    expect(new Set(stores.map(({ id }) => id)).size).toBe(1)
    for (const store of stores) await store.close()
    expect(await inSchema('SELECT version, compatible_from FROM schema_versions')).toEqual(
      STEPS.map(({ compatibleFrom }, i) => ({ version: i + 1, compatible_from: compatibleFrom })),
    )
  })

  test('of a newer version are used as they are, also while they become so under a running store', async () => {
    const store = await open()
    const streamId = await given(store, 'a')
    const sql = 'ALTER TABLE sessions ADD COLUMN news text; ALTER TABLE messages ADD COLUMN news text'
    await migrateTo([...STEPS, { compatibleFrom: SCHEMA_VERSION, sql }])
    await store.commit({ streamId, epoch: 1, events: [messageFact(2)] })
    expect((await living(store, 'a')).lastSeq).toBe(2)
    await store.close()
    const again = await open()
    expect((await living(again, 'a')).lastSeq).toBe(2)
    await again.close()
  })

  test('of a newer version that needs newer code are refused in one line, and left alone', async () => {
    await (await open()).close()
    await migrateTo([...STEPS, { compatibleFrom: SCHEMA_VERSION + 1, sql: 'SELECT 1' }])
    await expect(open()).rejects.toMatchObject({ code: 'BAD_CONFIG', retryable: false })
    await expect(open()).rejects.toThrow(
      /^DATABASE_URL leads to tables of a newer version \(schema \d+, [^\n]*$/,
    )
  })

  test('are as they were where a step fails', async () => {
    await (await open()).close()
    const failing = [...STEPS, { compatibleFrom: 1, sql: 'CREATE TABLE half (n int); SELECT 1 / 0' }]
    await expect(migrateTo(failing)).rejects.toThrow()
    expect(await inSchema("SELECT to_regclass('half') AS half")).toEqual([{ half: null }])
    await (await open()).close()
  })
})
