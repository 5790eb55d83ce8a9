import pg from 'pg'
import { columnsOf, unnest } from '../src/store/postgres/bulk.ts'
import { clientConfig, createNames, type Sql, statementsOn } from '../src/store/postgres/connection.ts'
import { codeOf } from '../src/store/postgres/failures.ts'
import { checkServer } from '../src/store/postgres/setup/check-server.ts'
import { LOCK_TABLES, migrate } from '../src/store/postgres/setup/migrate.ts'
import { makePast } from '../src/store/postgres/upkeep/past-partitions.ts'
import { MigrateError } from './migrate-error.ts'
import type { Source } from './source.ts'
import { MOVED, type MovedTable, type Value } from './tables.ts'

/** Rows of one page that is read back. */
const PAGE = 2_000
/** So long another move is waited for. */
const HELD_FOR = '20s'
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const LOCKED = '55P03'

/** Where a store moves to: one transaction from the first row to the last look. */
export interface Target {
  /** Of the store that is there, as its table `store` says it now; null: there are no tables yet. */
  id: string | null
  /** Rejects with MigrateError if there is anything in it, or a manager runs there. */
  mustBeEmpty(): Promise<void>
  /** Makes partitions for rows of these days, which are counted from 1970 on. */
  makeRoom(table: MovedTable, days: number[]): Promise<void>
  insert(table: MovedTable, rows: Value[][]): Promise<void>
  /** The rows of a table as they stand there, in the order of its key. */
  rows(table: MovedTable): AsyncIterable<Value[]>
  /** What is beside the rows of users: the store's name, its key, and what is numbered on. */
  finish(source: Source): Promise<void>
  commit(): Promise<void>
  /** Tells the server's planner what came in; what fails of it, the server does by itself later. */
  analyze(): Promise<void>
  close(): Promise<void>
}

export interface TargetOptions {
  /** Nothing is made or held there. */
  onlyLooks: boolean
  /** For how many days messages and their facts will be kept there; 0: for ever. Partitions are as wide as fits it. */
  keepDays: number
  onWarning: (line: string) => void
}

/** Opens a database and, unless it only looks, holds it: no manager starts there until all of it is over. Rejects with MigrateError. */
export async function openTarget(
  url: string,
  { onlyLooks, keepDays, onWarning }: TargetOptions,
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
  let id: string | null
  try {
    await checkServer(client, onWarning)
    if (onlyLooks) await client.query('BEGIN')
    else {
      await hold(client, sql)
      await client.query('COMMIT')
      await migrate(client)
      await hold(client, sql)
    }
    id = (await tableIn(sql, 'store')) ? (await sql.get<{ id: string }>('SELECT id FROM store'))!.id : null
  } catch (error) {
    await client.end()
    throw error
  }
  return {
    id,
    mustBeEmpty: () => mustBeEmpty(sql),
    async makeRoom({ partitioned }, days) {
      if (partitioned) await makePast(sql, partitioned, { days, now: Date.now(), keepDays })
    },
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
    },
    async analyze() {
      for (const { name } of MOVED) await client.query(`ANALYZE ${name}`).catch(() => {})
    },
    close: () => client.end(),
  }
}

/** Whoever moved in before is waited for: what it is at may be committed. */
async function hold(client: pg.Client, sql: Sql): Promise<void> {
  await client.query('BEGIN')
  try {
    await client.query(
      `SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = '${HELD_FOR}'`,
    )
    await client.query(LOCK_TABLES)
    if (await tableIn(sql, 'store')) await client.query('SELECT FROM store FOR UPDATE')
    await client.query('SET LOCAL lock_timeout = 0')
  } catch (error) {
    if (codeOf(error) !== LOCKED) throw error
    throw new MigrateError(
      `Another move is under way in that database, or one that was ended is still held there: see pg_stat_activity, and run this again once it is over`,
    )
  }
}

const tableIn = async (sql: Sql, name: string): Promise<boolean> =>
  (await sql.get<{ found: string | null }>('SELECT to_regclass($1)::text AS found', name))!.found !== null

async function mustBeEmpty(sql: Sql): Promise<void> {
  if (
    (await tableIn(sql, 'nodes')) &&
    (await sql.get('SELECT 1 FROM nodes WHERE lease_until > now() LIMIT 1')) !== undefined
  )
    throw new MigrateError(
      'A manager runs on that database: stop it first, as it began with another store than the one that moves in',
    )
  for (const { name } of MOVED) {
    if (!(await tableIn(sql, name))) continue
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
