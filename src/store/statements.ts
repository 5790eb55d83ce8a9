import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'

/** A row as SQLite gives it; the callers name its columns. */
export type Row = Record<string, SQLOutputValue>

/** Prepared statements by their text, each prepared once; for a fixed set of texts only. */
export interface Statements {
  all<T extends Row>(sql: string, ...params: SQLInputValue[]): T[]
  get<T extends Row>(sql: string, ...params: SQLInputValue[]): T | undefined
  /** The rows before the first that is not `wanted`; those behind it are not even read. */
  takeWhile<T extends Row>(sql: string, wanted: (row: T) => boolean, ...params: SQLInputValue[]): T[]
  /** Number of changed rows. */
  run(sql: string, ...params: SQLInputValue[]): number
}

export function createStatements(db: DatabaseSync): Statements {
  const cache = new Map<string, StatementSync>()
  const prepared = (sql: string) => {
    let statement = cache.get(sql)
    if (statement === undefined) {
      statement = db.prepare(sql)
      cache.set(sql, statement)
    }
    return statement
  }
  return {
    all: <T extends Row>(sql: string, ...params: SQLInputValue[]) => prepared(sql).all(...params) as T[],
    get: <T extends Row>(sql: string, ...params: SQLInputValue[]) =>
      prepared(sql).get(...params) as T | undefined,
    takeWhile<T extends Row>(sql: string, wanted: (row: T) => boolean, ...params: SQLInputValue[]) {
      const taken: T[] = []
      for (const row of prepared(sql).iterate(...params)) {
        if (!wanted(row as T)) break
        taken.push(row as T)
      }
      return taken
    },
    run: (sql, ...params) => Number(prepared(sql).run(...params).changes),
  }
}
