import type { Param, Sql } from './connection.ts'

export type Kind = 'text' | 'bigint' | 'bytea' | 'boolean'

/** `unnest($1::text[], $2::bigint[], …)`: many rows as one statement, whose text does not depend on their number. */
export const unnest = (kinds: Kind[], first = 1): string =>
  `unnest(${kinds.map((kind, i) => `$${first + i}::${kind}[]`).join(', ')})`

/** Rows as the columns that `unnest` takes. */
export const columnsOf = (rows: Param[][], width: number): Param[][] =>
  Array.from({ length: width }, (_, i) => rows.map(row => row[i]!))

/** Inserts rows whose columns come in the order of `columns`; resolves with the number of those that were. */
export function insertMany(
  sql: Sql,
  table: string,
  columns: Record<string, Kind>,
  rows: Param[][],
  onConflict = '',
): Promise<number> {
  if (rows.length === 0) return Promise.resolve(0)
  const names = Object.keys(columns)
  const text = `INSERT INTO ${table} (${names.join(', ')}) SELECT * FROM ${unnest(Object.values(columns))} ${onConflict}`
  return sql.run(text, ...columnsOf(rows, names.length))
}

/**
 * Updates the rows of a table that `where` finds for each of `rows`, which are called `u` in it and in `set`; resolves with the number of
 * rows that were changed.
 */
export function updateMany(
  sql: Sql,
  table: string,
  { set, columns, where }: { set: string; columns: Record<string, Kind>; where: string },
  rows: Param[][],
): Promise<number> {
  if (rows.length === 0) return Promise.resolve(0)
  const names = Object.keys(columns)
  const source = `${unnest(Object.values(columns))} AS u(${names.join(', ')})`
  return sql.run(`UPDATE ${table} SET ${set} FROM ${source} WHERE ${where}`, ...columnsOf(rows, names.length))
}
