import type { Statements } from '../statements.ts'

/** One row more for so many facts. */
const BLOCK = 1_000_000

/**
 * Numbers the facts of all sessions in the order of their commits, from 1. Numbers come from the store in blocks: what a commit that
 * failed or a process that died had taken is left out.
 */
export class Positions {
  readonly #sql: Statements
  #next = 1
  #end = 0

  constructor(sql: Statements) {
    this.#sql = sql
  }

  /** The next number; call it inside the transaction that stores the fact. */
  take(): number {
    if (this.#next > this.#end) this.#takeBlock()
    return this.#next++
  }

  /** Call after a rollback: the block may not have been taken. */
  forget(): void {
    this.#end = 0
  }

  #takeBlock(): void {
    const { positions } = this.#sql.get<{ positions: number }>('SELECT positions FROM store')!
    this.#next = Math.max(this.#next, positions + 1)
    this.#end = this.#next + BLOCK - 1
    this.#sql.run('UPDATE store SET positions = ?', this.#end)
  }
}
