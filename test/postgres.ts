import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { describe, it } from 'vitest'

/** The PostgreSQL that tests share: TEST_DATABASE_URL, or the one of the machine. Each test has schemas of its own, and removes them. */
export const DATABASE_URL = process.env.TEST_DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/test'

/** Runs one thing on a connection of its own. */
export async function onPostgres<T>(run: (client: pg.Client) => Promise<T>, url = DATABASE_URL): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  await client.connect()
  try {
    return await run(client)
  } finally {
    await client.end()
  }
}

/** An empty schema with a name of its own. */
export async function createSchema(): Promise<string> {
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await onPostgres(client => client.query(`CREATE SCHEMA ${name}`))
  return name
}

/** The address of a schema, as DATABASE_URL leads to it. */
export function urlOfSchema(name: string): string {
  const url = new URL(DATABASE_URL)
  url.searchParams.set('options', `-c search_path=${name}`)
  // As https://url.spec.whatwg.org/#urlencoded-serializing has spaces, which pg takes for what they are.
  return url.href.replaceAll('+', '%20')
}

export async function dropSchema(name: string): Promise<void> {
  await onPostgres(client => client.query(`DROP SCHEMA IF EXISTS ${name} CASCADE`))
}

/** Tests that need a PostgreSQL: skipped where none answers, a failure with REQUIRE_POSTGRES=1. */
export async function describeWithPostgres(name: string, suite: () => void): Promise<void> {
  const answers = await onPostgres(client => client.query('SELECT 1')).then(
    () => true,
    () => false,
  )
  const lack = `no PostgreSQL answers at TEST_DATABASE_URL (${new URL(DATABASE_URL).host})`
  if (answers) describe(name, suite)
  else if (process.env.REQUIRE_POSTGRES === '1')
    it(name, () => {
      throw new Error(`REQUIRE_POSTGRES=1, but ${lack}`)
    })
  else describe.skip(`${name} (skipped: ${lack})`, suite)
}
