import {
  openPostgresStore,
  type PostgresOptions,
  type PostgresStore,
} from '../../../src/store/postgres/postgres.ts'
import { createSchema, DATABASE_URL, dropSchema, onPostgres } from '../../postgres.ts'

/** One schema for the tests of a file, one after the other: emptied between them, as it is slow to make a hundred tables and indexes. */
export class TestSchema {
  #name: Promise<string> | null = null
  #stores: PostgresStore[] = []

  name(): Promise<string> {
    this.#name ??= createSchema()
    return this.#name
  }

  /** A store in it, as one node has it; closed before it is emptied. */
  async open(options: Partial<PostgresOptions> = {}): Promise<PostgresStore> {
    const schema = await this.name()
    const store = await openPostgresStore({ url: DATABASE_URL, schema, connections: 3, ...options })
    this.#stores.push(store)
    return store
  }

  /** Every table is as it is in a new schema. */
  async empty(): Promise<void> {
    for (const store of this.#stores.splice(0)) await store.close()
    if (this.#name === null) return
    const name = await this.#name
    await onPostgres(async client => {
      const { rows } = await client.query<{ table: string }>(
        `SELECT c.relname AS table FROM pg_class c WHERE c.relnamespace = $1::regnamespace
         AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname NOT IN ('store', 'schema_versions')`,
        [name],
      )
      const emptied = rows.map(({ table }) => `DELETE FROM ${name}.${table};`).join('\n')
      await client.query(
        `${emptied} UPDATE ${name}.store SET positions = 0, media_listed = false;
         ALTER SEQUENCE ${name}.delivery_ids RESTART`,
      )
    })
  }

  async drop(): Promise<void> {
    if (this.#name !== null) await dropSchema(await this.#name)
    this.#name = null
  }

  /** Runs SQL as somebody else does, in this schema. */
  async query<T extends object>(sql: string, values: unknown[] = []): Promise<T[]> {
    const name = await this.name()
    return onPostgres(async client => {
      await client.query(`SET search_path = ${name}`)
      return (await client.query<T>(sql, values)).rows
    })
  }
}
