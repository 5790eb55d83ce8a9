import pg from 'pg'
import { columnsOf, unnest } from '../src/store/postgres/bulk.ts'
import { clientConfig, createNames, type Sql, statementsOn } from '../src/store/postgres/connection.ts'
import { checkServer } from '../src/store/postgres/setup/check-server.ts'
import { migrate } from '../src/store/postgres/setup/migrate.ts'
import { MigrateError } from './migrate-error.ts'
import type { Source } from './source.ts'
import { MOVED, type MovedTable, type Value } from './tables.ts'

/** Rows of one page that is read back. */
const PAGE = 2_000

/** Where a store moves to: one transaction from the first row to the last look. */
export interface Target {
  insert(table: MovedTable, rows: Value[][]): Promise<void>
  /** The rows of a table as they stand there, in the order of its key. */
  rows(table: MovedTable): AsyncIterable<Value[]>
  /** What is beside the rows of users: the store's name, its key, and what is numbered on. */
  finish(source: Source): Promise<void>
  commit(): Promise<void>
  close(): Promise<void>
}

/** Rejects with MigrateError if there is anything in the database already. */
export async function openTarget(
  url: string,
  { onlyLooks, onWarning }: { onlyLooks: boolean; onWarning: (line: string) => void },
): Promise<Target> {
  const client = new pg.Client({
    ...clientConfig(url),
    statement_timeout: 0,
    query_timeout: 0,
    lock_timeout: 0,
  })
  // Whoever waits for an answer hears of it.
  client.on('error', () => {})
  await client.connect()
  const sql = statementsOn(config => client.query(config), createNames())
  try {
    await checkServer(client, onWarning)
    if (!onlyLooks) await migrate(client)
    await client.query('BEGIN')
    if (!onlyLooks) await client.query('SET LOCAL idle_in_transaction_session_timeout = 0')
    await mustBeEmpty(sql)
  } catch (error) {
    await client.end()
    throw error
  }
  return {
    async insert({ name, columns }, rows) {
      const names = Object.keys(columns)
      await sql.run(
        `INSERT INTO ${name} (${names.join(', ')}) OVERRIDING SYSTEM VALUE SELECT * FROM ${unnest(Object.values(columns))}`,
        ...columnsOf(rows, names.length),
      )
    },
    rows: table => rowsOf(sql, table),
    async finish({ id, linkKey, mediaListed, positions, lastDeliveryId }) {
      await sql.run(
        'UPDATE store SET id = $1, link_key = coalesce($2, link_key), media_listed = $3, positions = $4',
        id,
        linkKey,
        mediaListed,
        positions,
      )
      await sql.get("SELECT setval('delivery_ids', greatest($1, 1), $1 > 0)", lastDeliveryId)
      for (const [table, column] of [
        ['sessions', 'id'],
        ['inbox', 'n'],
      ])
        await client.query(
          `SELECT setval(pg_get_serial_sequence('${table}', '${column}'), greatest(max(${column}), 1), max(${column}) IS NOT NULL) FROM ${table}`,
        )
    },
    async commit() {
      await client.query('COMMIT')
      for (const { name } of MOVED) await client.query(`ANALYZE ${name}`)
    },
    close: () => client.end(),
  }
}

async function mustBeEmpty(sql: Sql): Promise<void> {
  for (const { name } of MOVED) {
    const table = await sql.get<{ found: string | null }>('SELECT to_regclass($1)::text AS found', name)
    if (table?.found === null) continue
    if ((await sql.get(`SELECT 1 FROM ${name} LIMIT 1`)) !== undefined)
      throw new MigrateError(
        `There is something in the database already (rows of ${name}): a store moves into an empty one, or into an empty schema (?options=-c%20search_path%3DNAME)`,
      )
  }
}

/** Some at a time, each page from behind the last key on. */
async function* rowsOf(sql: Sql, { name, columns, key }: MovedTable): AsyncGenerator<Value[]> {
  const names = Object.keys(columns)
  const after = `(${key.join(', ')}) > (${key.map((_, i) => `$${i + 2}`).join(', ')})`
  const order = `ORDER BY ${key.join(', ')} LIMIT $1`
  const list = names.join(', ')
  let last: Value[] | null = null
  for (;;) {
    const rows: Record<string, Value>[] =
      last === null
        ? await sql.all(`SELECT ${list} FROM ${name} ${order}`, PAGE)
        : await sql.all(`SELECT ${list} FROM ${name} WHERE ${after} ${order}`, PAGE, ...last)
    for (const row of rows) yield names.map(column => row[column]!)
    if (rows.length < PAGE) return
    const end: Record<string, Value> = rows.at(-1)!
    last = key.map(column => end[column]!)
  }
}
