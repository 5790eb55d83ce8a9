import { createHash } from 'node:crypto'
import { MigrateError } from './migrate-error.ts'
import type { Source } from './source.ts'
import { MOVED, type MovedTable, movedRow, type Value } from './tables.ts'
import type { Target } from './target.ts'

/** Rows of one statement, at most, and about so many bytes of them. */
const MOST_ROWS = 500
const MOST_BYTES = 2_000_000

export interface MovedCount {
  table: string
  rows: number
  /** SHA-256 over all rows in the order of their keys, in hex; the same in both stores. */
  digest: string
}

/** Hears how far it is: so many rows of a table were copied, or looked at again. */
export type Progress = (step: 'copied' | 'checked', table: string, rows: number) => void

/** Copies every table, then reads all of it back and compares it row by row. Rejects with MigrateError where a row differs. */
export async function move(
  source: Source,
  target: Target,
  onProgress: Progress = () => {},
): Promise<MovedCount[]> {
  for (const table of MOVED) {
    let rows = 0
    if (table.partitioned) await target.makeRoom(table, source.days(table))
    for (const batch of batchesOf(source, table)) {
      await target.insert(table, batch)
      rows += batch.length
      onProgress('copied', table.name, rows)
    }
  }
  await target.finish(source)
  const counts: MovedCount[] = []
  for (const table of MOVED) counts.push(await compare(source, target, table, onProgress))
  return counts
}

function* batchesOf(source: Source, table: MovedTable): Generator<Value[][]> {
  let batch: Value[][] = []
  let bytes = 0
  for (const row of source.rows(table)) {
    const moved = movedRow(table, row)
    batch.push(moved)
    bytes += moved.reduce<number>((sum, value) => sum + sizeOf(value), 0)
    if (batch.length < MOST_ROWS && bytes < MOST_BYTES) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}

const sizeOf = (value: Value) => (typeof value === 'string' || value instanceof Uint8Array ? value.length : 8)

async function compare(
  source: Source,
  target: Target,
  table: MovedTable,
  onProgress: Progress,
): Promise<MovedCount> {
  const digest = createHash('sha256')
  const stored = target.rows(table)[Symbol.asyncIterator]()
  let rows = 0
  for (const row of source.rows(table)) {
    const wanted = textOf(movedRow(table, row))
    const { value } = await stored.next()
    if (value === undefined || textOf(value) !== wanted) throw differing(table, row)
    digest.update(wanted)
    rows++
    if (rows % 1_000 === 0) onProgress('checked', table.name, rows)
  }
  if ((await stored.next()).done !== true)
    throw new MigrateError(`More rows of ${table.name} stand in PostgreSQL than were moved: nothing was kept`)
  onProgress('checked', table.name, rows)
  return { table: table.name, rows, digest: digest.digest('hex') }
}

/** One spelling of a row, a line. */
const textOf = (row: Value[]): string =>
  `${JSON.stringify(row.map(value => (value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('base64') } : value)))}\n`

function differing({ name, key }: MovedTable, row: Record<string, Value>): MigrateError {
  const where = key.map(column => `${column} ${row[column]}`).join(', ')
  return new MigrateError(
    `A row of ${name} is not in PostgreSQL what it is in SQLite (${where}): nothing was kept`,
  )
}
