import type { Sql } from '../connection.ts'

export const DAY = 24 * 60 * 60 * 1000

/** A table whose rows are kept apart by their time, and the prefix of its partitions. */
const PARTITIONED = { facts: 'events_of_messages', messages: 'messages' } as const
export type Partitioned = keyof typeof PARTITIONED

/** Rows from `from` (ms) on and before `to`. */
export interface Partition {
  name: string
  from: number
  to: number
}

/** So many days are in one partition: fewer where things are kept for a few days, many where for ever. */
export const daysOfPartition = (keepDays: number): number => (keepDays > 0 ? Math.ceil(keepDays / 15) : 91)

/** The partitions of a table, the oldest first; what no partition has a place for is in the rest. */
export async function partitionsOf(sql: Sql, table: Partitioned): Promise<Partition[]> {
  const rows = await sql.all<{ name: string; bound: string }>(
    `SELECT c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bound
     FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = $1::text::regclass`,
    PARTITIONED[table],
  )
  return rows
    .flatMap(({ name, bound }) => {
      const found = /FROM \('(-?\d+)'\) TO \('(-?\d+)'\)/.exec(bound)
      return found ? [{ name, from: Number(found[1]), to: Number(found[2]) }] : []
    })
    .sort((a, b) => a.from - b.from)
}

/**
 * Makes the partitions that will be needed next, never one for now: what is there already stands in the rest, which no partition may
 * claim. One that cannot be made, as rows of it are in the rest, is left out.
 */
export async function makeAhead(sql: Sql, { now, days }: { now: number; days: number }): Promise<void> {
  await sql.get(
    "SELECT pg_advisory_xact_lock(hashtextextended('whatsapp-manager partitions ' || current_schema(), 0))",
  )
  const width = days * DAY
  for (const table of ['facts', 'messages'] as const) {
    let next = (await partitionsOf(sql, table)).at(-1)?.to ?? 0
    // Aligned, so that nodes with other clocks mean the same.
    if (next <= now) next = Math.floor(now / width) * width + width
    for (let made = 0; next <= now + 2 * width && made < 3; made++, next += width) {
      const isTaken = await sql.get(
        `SELECT 1 FROM ${PARTITIONED[table]}_rest WHERE at >= $1 AND at < $2 LIMIT 1`,
        next,
        next + width,
      )
      if (isTaken === undefined) await makePartition(sql, table, { from: next, to: next + width })
    }
  }
}

/** DDL takes no parameters; all of it is made of numbers, which are whole days. */
export async function makePartition(
  sql: Sql,
  table: Partitioned,
  { from, to }: { from: number; to: number },
): Promise<void> {
  const parent = PARTITIONED[table]
  await sql.run(
    `CREATE TABLE IF NOT EXISTS ${parent}_${from / DAY} PARTITION OF ${parent} FOR VALUES FROM (${from}) TO (${to})`,
  )
}

/** The oldest partition all of whose rows are from before a time. */
export async function oldestBefore(sql: Sql, table: Partitioned, before: number): Promise<Partition | null> {
  const [oldest] = await partitionsOf(sql, table)
  return oldest !== undefined && oldest.to <= before ? oldest : null
}

/** Number of rows, as of the last look that the server itself took. */
export async function roughlyIn(sql: Sql, { name }: Partition): Promise<number> {
  const row = await sql.get<{ rows: number }>(
    'SELECT greatest(reltuples, 0)::bigint AS rows FROM pg_class WHERE oid = $1::text::regclass',
    name,
  )
  return row?.rows ?? 0
}

/** Takes a partition out of its table, and drops it once `keep` has taken what stays; others wait for that as briefly as it lasts. */
export async function dropPartition(
  sql: Sql,
  table: Partitioned,
  { name }: Partition,
  keep: () => Promise<void> = async () => {},
): Promise<void> {
  await sql.run("SET LOCAL lock_timeout = '2s'")
  await sql.run(`ALTER TABLE ${PARTITIONED[table]} DETACH PARTITION ${name}`)
  await keep()
  await sql.run(`DROP TABLE ${name}`)
}
