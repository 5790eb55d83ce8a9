import { afterAll } from 'vitest'
import { openPostgresStore } from '../../../src/store/postgres/postgres.ts'
import { DATABASE_URL, describeWithPostgres } from '../../postgres.ts'
import { storeContract } from '../contract.ts'
import { TestSchema } from './test-schema.ts'

await describeWithPostgres('PostgreSQL', () => {
  const schema = new TestSchema()
  afterAll(() => schema.drop())

  storeContract(
    'as a store',
    async () => openPostgresStore({ url: DATABASE_URL, schema: await schema.name(), connections: 4 }),
    () => schema.empty(),
  )
})
